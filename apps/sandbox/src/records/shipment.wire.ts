import { z } from 'zod';
import { instant, recordId } from './address.wire';

const position = z.strictObject({
  line: z.string().min(1).max(200).nullable().default(null).describe('the line of the sale'),
  article: z.string().min(1).describe('the SKU'),
  pieces: z.int().min(1),
});

/** A record of `erp/shipments`: goods that left one warehouse, or are about to. */
export const shipmentRecord = z.strictObject({
  id: recordId,
  reference: z.string().min(1).max(200).describe('the number that the shop gave the order'),
  warehouse: z.string().min(1),
  positions: z.array(position).min(1).max(1000),
  state: z.enum(['packed', 'shipped', 'delivered', 'cancelled']).default('shipped'),
  carrier: z.string().min(1).nullable().default(null),
  tracking: z.string().min(1).nullable().default(null),
  shippedAt: instant.nullable().default(null),
});

export type ShipmentRecord = z.output<typeof shipmentRecord>;

// Loose, because records come back with the stamps of the store, and poison has whatever it has.
const moving = z.object({ warehouse: z.string(), state: z.enum(['shipped', 'delivered']), positions: z.array(z.object({ article: z.string(), pieces: z.int() })) });

/** What a shipment took out of stock, by stock record; packed and cancelled ones hold nothing. */
export function takenBy(record: unknown): ReadonlyMap<string, number> {
  const taken = new Map<string, number>();
  const parsed = moving.safeParse(record);
  if (!parsed.success) return taken;
  const { warehouse, positions } = parsed.data;
  for (const { article, pieces } of positions) {
    const id = `${article}@${warehouse}`;
    taken.set(id, (taken.get(id) ?? 0) + pieces);
  }
  return taken;
}

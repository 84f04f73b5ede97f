import { z } from 'zod';
import { address, currencyCode, decimal, instant, recordId } from './address.wire';

const position = z.strictObject({
  line: z.string().min(1).max(200),
  article: z.string().min(1).describe('the SKU'),
  pieces: z.int().min(1),
  unitPrice: decimal,
  discount: decimal.default('0').describe('of the whole line'),
  taxPercent: decimal,
  sum: decimal.describe('of the whole line, discount taken off, tax in it'),
});

/** A record of `oms/orders`. Nothing keeps two of them from having one reference. */
export const orderRecord = z.strictObject({
  id: recordId,
  reference: z.string().min(1).max(200).describe('the number that the shop gave the order'),
  orderedAt: instant,
  shop: z.string().min(1),
  currency: currencyCode,
  account: z.string().min(1).nullable().default(null).describe('the customer; null = a guest'),
  mail: z.string().min(3).max(320),
  deliverTo: address,
  invoiceTo: address.nullable().default(null).describe('null = deliverTo'),
  positions: z.array(position).min(1).max(1000),
  freight: decimal.default('0').describe('tax in it'),
  total: decimal.describe('all sums and the freight'),
  payment: z.strictObject({ method: z.string().min(1), reference: z.string().min(1).nullable().default(null) }).nullable().default(null),
  state: z.enum(['open', 'cancelled', 'closed']).default('open'),
  cancelledAt: instant.nullable().default(null),
  cancelReason: z.string().nullable().default(null),
});

export const orderBody = orderRecord.omit({ id: true, state: true, cancelledAt: true, cancelReason: true });
export const cancelBody = z.strictObject({ reason: z.string().max(1000).nullable().default(null) });

export type OrderRecord = z.output<typeof orderRecord>;

/** The sums and the freight, when they are not the total: an order that does not add up is not taken. */
export function missedTotal({ positions, freight, total }: Pick<OrderRecord, 'positions' | 'freight' | 'total'>): string | undefined {
  const sum = positions.reduce((so, position) => so + toMillionths(position.sum), toMillionths(freight));
  return sum === toMillionths(total) ? undefined : fromMillionths(sum);
}

/** As whole numbers: 0.1 + 0.2 must be 0.3. */
function toMillionths(text: string): bigint {
  const [whole = '0', fraction = ''] = text.split('.');
  return BigInt(whole + fraction.padEnd(6, '0'));
}

function fromMillionths(value: bigint): string {
  const digits = String(value).padStart(7, '0');
  return `${digits.slice(0, -6)}.${digits.slice(-6).replace(/0{1,4}$/, '')}`;
}

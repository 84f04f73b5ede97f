/**
 * Shipments to customers that have left, for sales: draft, picked and packed ones have taken nothing out of stock. What has left is
 * never cancelled in Tryton; it comes back as a return, which is another document.
 */
import { defineFeed, type Feed, type Page } from '@steward/adapter-kit';
import { shipment } from '@steward/contracts';
import type { z } from 'zod';
import { rewind, stepOn } from './positions';
import { codeOf } from './stock-feed';
import { toShipment } from './translate';
import type { Content, ShipmentRow, TrytonClient } from './tryton.client';
import { shipmentWire } from './tryton.wire';

export function shipmentFeed(client: TrytonClient, limit: number, pace: Feed['pace']): Feed {
  return defineFeed({
    contract: shipment,
    wire: shipmentWire,
    keyOf: ({ id }) => String(id),
    rawKeyOf: (raw) => {
      const { id } = raw as { id?: unknown };
      return typeof id === 'number' ? String(id) : undefined;
    },
    translate: toShipment,
    pace,
    changes: async (cursor, signal) => {
      const { records, ...rest } = await stepOn({ after: client.shipmentsAfter, newest: (date) => client.newest('shipments', date, signal) }, cursor, limit, signal);
      return { items: await withContent(client, records, signal), ...rest };
    },
    rewind,
    all: async (after, signal): Promise<Page> => {
      const total = await client.countShipments(signal);
      const rows = await client.shipments([['id', '>', Number(after ?? 0)]], limit, signal);
      return { items: await withContent(client, rows, signal), next: String(rows.at(-1)?.id ?? after ?? 0), more: rows.length === limit, total };
    },
    byKeys: async (keys, signal) => {
      const ids = keys.map(Number).filter(Number.isSafeInteger);
      return withContent(client, await client.shipments([['id', 'in', ids]], ids.length, signal), signal);
    },
  });
}

/** As the wire has it, but that a product may lack its code. */
type RawShipment = Omit<z.input<typeof shipmentWire>, 'content'> & { readonly content: readonly Pick<Content, 'code' | 'quantity' | 'reference'>[] };

async function withContent(client: TrytonClient, rows: readonly ShipmentRow[], signal: AbortSignal): Promise<RawShipment[]> {
  if (rows.length === 0) return [];
  const warehouses = new Map((await client.warehouses(signal)).map((warehouse) => [warehouse.id, codeOf(warehouse)]));
  const contents = new Map((await client.contentOf(rows.flatMap(({ outgoing_moves: moves }) => moves), signal)).map((content) => [content.move, content]));
  return rows.map((row) => ({
    id: row.id,
    warehouse: warehouses.get(row.warehouse) ?? String(row.warehouse),
    sentOn: row.effective_date,
    content: row.outgoing_moves.flatMap((move) => contents.get(move) ?? []).map(({ code, quantity, reference }) => ({ code, quantity, reference })),
  }));
}

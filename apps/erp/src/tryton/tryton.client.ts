/** What the feeds read of Tryton. */
import { StewardError } from '@steward/platform';
import { z } from 'zod';
import type { TrytonSession } from './session.client';
import { moveWire, productWire, shipmentRowWire, stampWire, toTrytonDatetime, warehouseWire, type Dated, type Position } from './tryton.wire';

export type Warehouse = z.output<typeof warehouseWire>;
export type Move = z.output<typeof moveWire>;
export type Product = z.output<typeof productWire>;
export type ShipmentRow = z.output<typeof shipmentRowWire>;
export type DateField = 'create_date' | 'write_date';

/** Records strictly after a position, by one of their two dates and the id. */
export type ReadAfter<T extends Dated> = (date: DateField, position: Position, limit: number, signal: AbortSignal) => Promise<T[]>;

export interface TrytonClient {
  readonly warehouses: (signal: AbortSignal) => Promise<Warehouse[]>;
  readonly movesAfter: ReadAfter<Move>;
  readonly shipmentsAfter: ReadAfter<ShipmentRow>;
  /** The newest of them; undefined when there is none. */
  readonly newest: (of: 'moves' | 'shipments', date: DateField, signal: AbortSignal) => Promise<Dated | undefined>;
  /** Goods with their quantity in one warehouse today: those that match the domain, by id. */
  readonly products: (domain: unknown[], warehouse: Warehouse, limit: number, signal: AbortSignal) => Promise<Product[]>;
  readonly countProducts: (signal: AbortSignal) => Promise<number>;
  /** Shipments to customers that have left, those that match the domain, by id. */
  readonly shipments: (domain: unknown[], limit: number, signal: AbortSignal) => Promise<ShipmentRow[]>;
  readonly countShipments: (signal: AbortSignal) => Promise<number>;
  /** What is in these shipments, with the reference of the sale that it belongs to. */
  readonly contentOf: (moves: readonly number[], signal: AbortSignal) => Promise<Content[]>;
}

export interface Content {
  readonly move: number;
  readonly code: string | null;
  readonly quantity: number;
  /** The customer's reference of the sale, which is our order number, or what a sale from elsewhere is called; null without a sale. */
  readonly reference: string | null;
}

const goods = ['type', '=', 'goods'];
// Tryton counts moves up to this day; a day to come stands for "today" whatever the server's time zone.
const farDay = { __class__: 'date', year: 2999, month: 1, day: 1 };
/** Have left, and belong to a sale: what else leaves a warehouse is nobody's order. */
const sent = [['state', '=', 'done'], ['moves.origin', 'like', 'sale.line,%']];
const shipmentFields = ['id', 'number', 'effective_date', 'warehouse', 'outgoing_moves', 'create_date', 'write_date'];
const moveFields = ['id', 'product', 'create_date', 'write_date'];

const contentWire = z.object({ id: z.number().int(), origin: z.string().nullable(), internal_quantity: z.number(), 'product.': z.object({ code: z.string().nullable() }) });
const saleLineWire = z.object({ id: z.number().int(), 'sale.': z.object({ reference: z.string().nullable(), number: z.string().nullable() }) });

export function trytonClient({ search, first, count }: TrytonSession): TrytonClient {
  const after = <T>(shape: z.ZodType<T>, model: string, fields: string[], also: unknown[]) =>
    (date: DateField, { at, id }: Position, limit: number, signal: AbortSignal): Promise<T[]> => {
      const moment = toTrytonDatetime(at);
      const domain = [...also, ['OR', [date, '>', moment], [[date, '=', moment], ['id', '>', id]]]];
      return search(shape, model, { domain, fields, limit, order: byDate(date, 'ASC') }, signal);
    };
  /** A part of them would be told as the whole of a shipment. */
  const allOf = async <T>(shape: z.ZodType<T>, model: string, { ids, fields }: { ids: readonly number[]; fields: string[] }, signal: AbortSignal): Promise<T[]> => {
    const found = ids.length === 0 ? [] : await search(shape, model, { domain: [['id', 'in', ids]], fields }, signal);
    if (found.length !== ids.length) throw new StewardError('SOURCE_INCONSISTENT', `asked for ${ids.length} of ${model} by id, got ${found.length}`, { place: model });
    return found;
  };
  const shipments: TrytonClient['shipments'] = (domain, limit, signal) =>
    search(shipmentRowWire, 'stock.shipment.out', { domain: [...sent, ...domain], fields: shipmentFields, limit }, signal);

  return {
    warehouses: (signal) => search(warehouseWire, 'stock.location', { domain: [['type', '=', 'warehouse']], fields: ['id', 'code', 'name'] }, signal),
    movesAfter: after(moveWire, 'stock.move', moveFields, []),
    shipmentsAfter: after(shipmentRowWire, 'stock.shipment.out', shipmentFields, sent),
    newest: (of, date, signal) => {
      const [model, also] = of === 'moves' ? ['stock.move', []] : ['stock.shipment.out', sent];
      return first(stampWire, model, { domain: [...also, [date, '!=', null]], fields: ['id', 'create_date', 'write_date'], order: byDate(date, 'DESC') }, signal);
    },
    products: (domain, warehouse, limit, signal) => {
      const context = { locations: [warehouse.id], with_childs: true, stock_date_end: farDay };
      return search(productWire, 'product.product', { domain: [goods, ...domain], fields: ['id', 'code', 'quantity'], limit, context }, signal);
    },
    countProducts: (signal) => count('product.product', [goods], signal),
    shipments,
    countShipments: (signal) => count('stock.shipment.out', sent, signal),
    contentOf: async (moves, signal) => {
      if (moves.length === 0) return [];
      const contents = await allOf(contentWire, 'stock.move', { ids: moves, fields: ['id', 'origin', 'internal_quantity', 'product.code'] }, signal);
      const lines = [...new Set(contents.flatMap(({ origin }) => saleLineOf(origin)))];
      const sold = await allOf(saleLineWire, 'sale.line', { ids: lines, fields: ['id', 'sale.reference', 'sale.number'] }, signal);
      const referenceOf = new Map(sold.map(({ id, 'sale.': { reference, number } }) => [id, reference || `Tryton sale ${number ?? ''}`]));
      return contents.map((each) => {
        const [line = -1] = saleLineOf(each.origin);
        return { move: each.id, code: each['product.'].code, quantity: each.internal_quantity, reference: referenceOf.get(line) ?? null };
      });
    },
  };
}

const byDate = (date: DateField, direction: 'ASC' | 'DESC'): unknown[] => [[date, direction], ['id', direction]];

/** `sale.line,12` → [12] */
function saleLineOf(origin: string | null): number[] {
  const [, id] = /^sale\.line,(\d+)$/.exec(origin ?? '') ?? [];
  return id === undefined ? [] : [Number(id)];
}

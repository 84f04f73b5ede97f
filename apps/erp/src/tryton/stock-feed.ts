/**
 * Stock per product code and warehouse.
 *
 * 1. A product's own time-stamps do not move when its stock does: what is polled are the stock moves, and what is read for the
 *    products they name is the quantity.
 * 2. A product that was deleted or made inactive is missing in the full pass; nothing else tells.
 */
import { defineFeed, type Feed, type Page } from '@steward/adapter-kit';
import { stockLevel } from '@steward/contracts';
import { rewind, stepOn } from './positions';
import { keyOf, toStockLevel } from './translate';
import type { TrytonClient, Warehouse } from './tryton.client';
import { stockWire } from './tryton.wire';

export function stockFeed(client: TrytonClient, limit: number, pace: Feed['pace']): Feed {
  return defineFeed({
    contract: stockLevel,
    wire: stockWire,
    keyOf,
    rawKeyOf: (raw) => {
      const { code, warehouse } = raw as { code?: unknown; warehouse?: unknown };
      return typeof code === 'string' && typeof warehouse === 'string' ? keyOf({ code, warehouse }) : undefined;
    },
    translate: toStockLevel,
    pace,
    changes: async (cursor, signal) => {
      const { records, ...rest } = await stepOn({ after: client.movesAfter, newest: (date) => client.newest('moves', date, signal) }, cursor, limit, signal);
      const moved = [...new Set(records.map(({ product }) => product))];
      return { items: moved.length === 0 ? [] : await stockOf(client, { domain: [['id', 'in', moved]], limit: moved.length }, signal), ...rest };
    },
    rewind,
    all: (after, signal) => all(client, after, limit, signal),
    byKeys: async (keys, signal) => {
      const wanted = new Set(keys);
      const codes = [...new Set(keys.map((key) => key.slice(0, key.lastIndexOf('@'))))];
      const items = await stockOf(client, { domain: [['code', 'in', codes]], limit: codes.length * 2 }, signal);
      return items.filter(({ code, warehouse }) => code !== null && wanted.has(keyOf({ code, warehouse })));
    },
  });
}

/** Pages by product id, which never moves; `next` is the last id. */
async function all(client: TrytonClient, after: string | null, limit: number, signal: AbortSignal): Promise<Page> {
  const warehouses = await client.warehouses(signal);
  const total = (await client.countProducts(signal)) * warehouses.length;
  const items = await stockOf(client, { domain: [['id', '>', Number(after ?? 0)]], limit, warehouses }, signal);
  const last = items.at(-1);
  return { items, next: String(last?.product ?? after ?? 0), more: items.length === limit * warehouses.length && items.length > 0, total };
}

interface RawStock {
  readonly product: number;
  readonly code: string | null;
  readonly warehouse: string;
  readonly quantity: number;
}

interface Wanted {
  readonly domain: unknown[];
  readonly limit: number;
  /** Where the caller knows them already. */
  readonly warehouses?: readonly Warehouse[];
}

/** The same products in every warehouse, ordered by product: one request a warehouse, since a quantity is per context. */
async function stockOf(client: TrytonClient, { domain, limit, warehouses: known }: Wanted, signal: AbortSignal): Promise<RawStock[]> {
  const warehouses = known ?? (await client.warehouses(signal));
  const each = await Promise.all(
    warehouses.map(async (warehouse) => {
      const products = await client.products(domain, warehouse, limit, signal);
      return products.map(({ id, code, quantity }): RawStock => ({ product: id, code, warehouse: codeOf(warehouse), quantity }));
    }),
  );
  return each.flat().sort((a, b) => a.product - b.product);
}

export const codeOf = ({ id, code }: Warehouse): string => code ?? String(id);

/** Price lists in use. One that is archived is told as gone: nobody can be put into it any more. */
import type { Page } from '@steward/adapter-kit';
import { z } from 'zod';
import { changedRows, earlier, isOverBy, newestPosition, type Position } from './changed-rows';
import type { Domain, OdooClient } from './odoo.client';

const model = 'product.pricelist';
const fields = ['id', 'name', 'active', 'write_date'];
/** Loosely: what is wrong with one of them is its own dead letter. */
const rowWire = z.looseObject({ id: z.number().int(), active: z.boolean(), write_date: z.string() });
const inUse: Domain = [['active', '=', true]];

export function pricelistReads(client: OdooClient, limit: number, now: () => number) {
  return {
    changes: async (cursor: string | null, signal: AbortSignal): Promise<Page> => {
      const from = cursor === null ? await newestPosition(client, model, signal) : (JSON.parse(cursor) as Position);
      const { rows, next, more } = await changedRows((domain, order, count) => client.search(rowWire, model, { domain, fields, order, limit: count }, signal), from, limit, isOverBy(now));
      return { items: rows.filter(({ active }) => active), deleted: rows.filter(({ active }) => !active).map(({ id }) => String(id)), next: JSON.stringify(next), more };
    },
    all: async (after: string | null, signal: AbortSignal): Promise<Page> => {
      const total = await client.count(model, inUse, signal);
      const items = await client.search(rowWire, model, { domain: [...inUse, ['id', '>', Number(after ?? 0)]], fields, limit }, signal);
      return { items, next: String(items.at(-1)?.id ?? after ?? 0), more: items.length === limit, total };
    },
    byKeys: async (keys: readonly string[], signal: AbortSignal): Promise<readonly unknown[]> => {
      const ids = keys.filter((key) => /^[1-9]\d{0,9}$/.test(key)).map(Number);
      return ids.length === 0 ? [] : client.search(rowWire, model, { domain: [...inUse, ['id', 'in', ids]], fields }, signal);
    },
  };
}

export const rewindPricelists = (cursor: string, byMs: number): string => JSON.stringify(earlier(JSON.parse(cursor) as Position, byMs));

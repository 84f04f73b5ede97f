/**
 * Stock of Tryton 6.0, per product code and warehouse.
 *
 * 1. A product's own time-stamps do not move when its stock does: what is polled are the stock moves, and what is read for the
 *    products they name is the quantity.
 * 2. A move's `write_date` is null until somebody writes it, so there are two positions, one by each date. A page takes from both.
 * 3. Dates are those of the start of Tryton's transaction: rows appear late with an early date. The kit reads the overlap again.
 * 4. A product that was deleted or made inactive is missing in the full pass; nothing else tells.
 */
import { defineConnector, defineFeed, type Page } from '@steward/adapter-kit';
import { stockLevel } from '@steward/contracts';
import { envTypes } from '@steward/platform';
import { z } from 'zod';
import { toStockLevel, keyOf } from './translate';
import { trytonClient, type Position, type TrytonClient, type Warehouse } from './tryton.client';
import { stockWire, type Moment } from './tryton.wire';

const env = {
  STEWARD_TRYTON_URL: envTypes.httpUrl.describe('Tryton with its database: http://tryton.example:8000/shop/'),
  STEWARD_TRYTON_USER: z.string().min(1).describe('a user that may read stock moves, locations and products'),
  STEWARD_TRYTON_PASSWORD: z.string().min(1).describe('its password'),
  STEWARD_TRYTON_POLL_MS: envTypes.milliseconds(100).default(2_000).describe('how often moves are polled'),
  STEWARD_TRYTON_FULL_PASS_MS: envTypes.milliseconds(1_000).default(3_600_000).describe('how often everything is read, to find what was deleted'),
  STEWARD_TRYTON_PAGE: z.coerce.number().int().min(1).max(1_000).default(200).describe('moves or products a request'),
};

/** One position by each date. */
interface Cursor {
  readonly created: Position;
  readonly written: Position;
}
const dawn: Position = { at: '1970-01-01T00:00:00.000000', id: 0 };
// Where a first poll begins: the full pass of the first start reads everything older, and begins after this was taken.
const firstLookBackMs = 3_600_000;

export const trytonConnector = defineConnector({
  vendor: 'tryton',
  env,
  limits: { concurrency: 4, perSecond: 60 }, // one Tryton process answers 80 to 90 reads a second, and has people to serve
  open: ({ env: settings, http }) => {
    const client = trytonClient(http, { url: settings.STEWARD_TRYTON_URL, user: settings.STEWARD_TRYTON_USER, password: settings.STEWARD_TRYTON_PASSWORD });
    const limit = settings.STEWARD_TRYTON_PAGE;
    return {
      feeds: [
        defineFeed({
          contract: stockLevel,
          wire: stockWire,
          keyOf,
          rawKeyOf: (raw) => {
            const { code, warehouse } = raw as { code?: unknown; warehouse?: unknown };
            return typeof code === 'string' && typeof warehouse === 'string' ? keyOf({ code, warehouse }) : undefined;
          },
          translate: toStockLevel,
          pace: {
            pollEveryMs: settings.STEWARD_TRYTON_POLL_MS,
            // Longer than any import a clerk starts by hand; an overlap is cheap, since only moved products are read.
            overlapMs: 600_000,
            overlapEveryMs: 10_000,
            fullPassEveryMs: settings.STEWARD_TRYTON_FULL_PASS_MS,
            safetyLagMs: 1_000,
          },
          changes: (cursor, signal) => changes(client, cursor, limit, signal),
          rewind: (cursor, byMs) => {
            const { created, written } = JSON.parse(cursor) as Cursor;
            return JSON.stringify({ created: earlier(created, byMs), written: earlier(written, byMs) } satisfies Cursor);
          },
          all: (after, signal) => all(client, after, limit, signal),
          byKeys: (keys, signal) => byKeys(client, keys, signal),
        }),
      ],
    };
  },
});

async function changes(client: TrytonClient, cursor: string | null, limit: number, signal: AbortSignal): Promise<Page> {
  const from = cursor === null ? await firstCursor(client, signal) : (JSON.parse(cursor) as Cursor);
  const created = await client.movesAfter('create_date', from.created, limit, signal);
  const written = await client.movesAfter('write_date', from.written, limit, signal);
  const lastCreated = created.at(-1);
  const lastWritten = written.at(-1);
  const next: Cursor = {
    created: lastCreated ? { at: lastCreated.create_date, id: lastCreated.id } : from.created,
    written: lastWritten?.write_date ? { at: lastWritten.write_date, id: lastWritten.id } : from.written,
  };
  const moved = [...new Set([...created, ...written].map(({ product }) => product))];
  return {
    items: moved.length === 0 ? [] : await stockOf(client, [['id', 'in', moved]], moved.length, signal),
    next: JSON.stringify(next),
    more: created.length === limit || written.length === limit,
  };
}

async function firstCursor(client: TrytonClient, signal: AbortSignal): Promise<Cursor> {
  const created = (await client.newest('create_date', signal)) ?? dawn;
  const written = (await client.newest('write_date', signal)) ?? dawn;
  return { created: earlier(created, firstLookBackMs), written: earlier(written, firstLookBackMs) };
}

/** Pages by product id, which never moves; `next` is the last id. */
async function all(client: TrytonClient, after: string | null, limit: number, signal: AbortSignal): Promise<Page> {
  const warehouses = await client.warehouses(signal);
  const total = (await client.countProducts(signal)) * warehouses.length;
  const items = await stockOf(client, [['id', '>', Number(after ?? 0)]], limit, signal, warehouses);
  const last = items.at(-1);
  return { items, next: String(last?.product ?? after ?? 0), more: items.length === limit * warehouses.length && items.length > 0, total };
}

async function byKeys(client: TrytonClient, keys: readonly string[], signal: AbortSignal): Promise<unknown[]> {
  const wanted = new Set(keys);
  const codes = [...new Set(keys.map((key) => key.slice(0, key.lastIndexOf('@'))))];
  const items = await stockOf(client, [['code', 'in', codes]], codes.length * 2, signal);
  return items.filter(({ code, warehouse }) => code !== null && wanted.has(keyOf({ code, warehouse })));
}

interface RawStock {
  readonly product: number;
  readonly code: string | null;
  readonly warehouse: string;
  readonly quantity: number;
}

/** The same products in every warehouse, ordered by product: one request a warehouse, since a quantity is per context. */
async function stockOf(client: TrytonClient, domain: unknown[], limit: number, signal: AbortSignal, known?: Warehouse[]): Promise<RawStock[]> {
  const warehouses = known ?? (await client.warehouses(signal));
  const each = await Promise.all(
    warehouses.map(async (warehouse) => {
      const products = await client.products(domain, warehouse, limit, signal);
      return products.map(({ id, code, quantity }): RawStock => ({ product: id, code, warehouse: warehouse.code ?? String(warehouse.id), quantity }));
    }),
  );
  return each.flat().sort((a, b) => a.product - b.product);
}

/** The same place in the order of dates, earlier: before every id of that moment. */
function earlier({ at }: Position, byMs: number): Position {
  const moment = new Date(Date.parse(`${at.slice(0, 23)}Z`) - byMs).toISOString();
  const floor = moment < '1970' ? dawn.at : moment;
  return { at: `${floor.slice(0, 23)}000` satisfies Moment, id: 0 };
}

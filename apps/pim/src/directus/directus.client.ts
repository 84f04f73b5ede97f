/**
 * Directus 12 over REST, read only.
 *
 * 1. Reads are SEARCH requests: answers to GET may come from Directus's own cache (CACHE_ENABLED), and a list of keys would make an
 *    address longer than servers take.
 * 2. A list inside a row is cut at 100 without a word (QUERY_LIMIT_DEFAULT), so each has its limit in the query: one more than the
 *    contract takes, which shows as a fault of the item.
 */
import type { ResilientHttp } from '@steward/adapter-kit';
import { StewardError } from '@steward/platform';
import { z } from 'zod';

export interface DirectusSettings {
  readonly url: string;
  /** The static token of a user that may read. */
  readonly token: string;
}

/** As in Directus's documentation of the global query parameters. */
export interface DirectusQuery {
  readonly fields: readonly string[];
  readonly filter: object;
  readonly sort: readonly string[];
  readonly limit: number;
  readonly deep?: Readonly<Record<string, { readonly _limit: number; readonly _sort: readonly string[] }>>;
  readonly meta?: readonly ['total_count'];
}

export interface DirectusRows<Row> {
  readonly rows: Row[];
  /** Of the whole collection, where the query asks for it. */
  readonly total: number | undefined;
}

export interface DirectusClient {
  /** `path` is `activity` or `items/<collection>`. */
  readonly search: <Row>(path: string, shape: z.ZodType<Row>, query: DirectusQuery, signal: AbortSignal) => Promise<DirectusRows<Row>>;
}

export function directusClient(http: ResilientHttp, { url, token }: DirectusSettings): DirectusClient {
  const base = url.replace(/\/$/, '');
  const headers = { 'content-type': 'application/json', authorization: `Bearer ${token}` };
  return {
    search: async (path, shape, query, signal) => {
      const answer = await http.send({ url: `${base}/${path}`, method: 'SEARCH', headers, body: JSON.stringify({ query }), idempotent: true, signal });
      const frame = z.object({ data: z.array(shape), meta: z.object({ total_count: z.number().int() }).optional() });
      const parsed = frame.safeParse(answer.json());
      if (!parsed.success) throw new StewardError('SOURCE_MALFORMED', `${path}: ${z.prettifyError(parsed.error)}`, { place: path });
      return { rows: parsed.data.data, total: parsed.data.meta?.total_count };
    },
  };
}

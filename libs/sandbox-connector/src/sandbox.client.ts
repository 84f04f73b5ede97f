/** The HTTP API of the sandbox: `GET /<system>/<collection>`. */
import type { Page, ResilientHttp } from '@steward/adapter-kit';
import { StewardError } from '@steward/platform';
import { z } from 'zod';
import { pageWire } from './sandbox.wire';

export interface SandboxClient {
  /** Strictly after (modifiedSince, after), by both. */
  readonly changes: (cursor: string | null, signal: AbortSignal) => Promise<Page>;
  /** By id. */
  readonly all: (after: string | null, signal: AbortSignal) => Promise<Page>;
  readonly byKeys: (keys: readonly string[], signal: AbortSignal) => Promise<readonly unknown[]>;
}

const pageSize = 500;
const maxAddress = 8_000;
const dawn = '1970-01-01T00:00:00.000Z';
const cursorShape = z.object({ modifiedSince: z.string(), after: z.string() });

export function sandboxClient(http: ResilientHttp, settings: { url: string; token: string; path: string }): SandboxClient {
  const headers = { authorization: `Bearer ${settings.token}` };
  const base = new URL(settings.path, settings.url).href;

  const ask = async (query: string, signal: AbortSignal): Promise<z.output<typeof pageWire>> => {
    const answer = await http.send({ url: `${base}?${query}`, headers, signal });
    const parsed = pageWire.safeParse(answer.json());
    if (!parsed.success) throw new StewardError('SOURCE_MALFORMED', z.prettifyError(parsed.error), { place: base });
    return parsed.data;
  };

  return {
    changes: async (cursor, signal) => {
      const from = cursor === null ? { modifiedSince: dawn, after: '' } : cursorShape.parse(JSON.parse(cursor));
      const { items, next, hasMore } = await ask(new URLSearchParams({ modifiedSince: from.modifiedSince, after: from.after, limit: String(pageSize) }).toString(), signal);
      // A cut answer shows items and no continuation: it must not pass for the end of the changes.
      if ((items.length > 0 || hasMore) && next === null) throw new StewardError('SOURCE_INCONSISTENT', `${items.length} changes without a continuation`, { place: base });
      return { items, next: JSON.stringify({ modifiedSince: next?.modifiedSince ?? from.modifiedSince, after: next?.after ?? from.after }), more: hasMore };
    },
    all: async (after, signal) => {
      const from = after === null ? '' : z.string().parse(JSON.parse(after));
      const { items, next, hasMore, total } = await ask(new URLSearchParams({ sort: 'id', after: from, limit: String(pageSize) }).toString(), signal);
      // As JSON: an id may hold characters that no table takes.
      return { items, next: JSON.stringify(next?.after ?? from), more: hasMore, total };
    },
    byKeys: async (keys, signal) => {
      const answers = await Promise.all(byLength(keys.map(encodeURIComponent)).map((ids) => ask(`ids=${ids.join(',')}`, signal)));
      return answers.flatMap(({ items }) => items);
    },
  };
}

/** Addresses of a length that every server takes. */
function byLength(ids: readonly string[]): string[][] {
  const groups: string[][] = [];
  let length = Infinity;
  for (const id of ids) {
    if (length + id.length > maxAddress) {
      groups.push([]);
      length = 0;
    }
    groups.at(-1)?.push(id);
    length += id.length + 1;
  }
  return groups;
}

/** The same place `byMs` earlier. */
export function rewind(cursor: string, byMs: number): string {
  const { modifiedSince } = cursorShape.parse(JSON.parse(cursor));
  return JSON.stringify({ modifiedSince: new Date(Math.max(0, Date.parse(modifiedSince) - byMs)).toISOString(), after: '' });
}

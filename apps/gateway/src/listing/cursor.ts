import { createHash } from 'node:crypto';
import { quoted, RejectedError } from '@steward/platform';

/** Where a page begins: after the item with this sort key and id. */
export interface Position {
  /** The list's sort key as text; null for a list in order of its ids. */
  key: string | null;
  id: string;
}

/** A list by what it is asked for: pages of one are no pages of another. */
export type ListName = string;

export function nameOfList(parts: unknown): ListName {
  return createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 8);
}

/** Opaque to clients. It carries its list's name, so that a cursor of another list, and of another version, is refused and not misread. */
export function cursorOf(list: ListName, { key, id }: Position): string {
  return Buffer.from(JSON.stringify([list, key, id])).toString('base64url');
}

/** The type of a list's sort key in PostgreSQL. */
export type KeyType = keyof typeof isKey;

/** A cursor is opaque and not signed: PostgreSQL is asked with nothing else. */
const isKey = {
  text: (key: string) => !key.includes('\0'),
  bigint: (key: string) => /^-?\d{1,18}$/.test(key),
  float8: (key: string) => /^-?\d{1,20}(\.\d{1,20})?(e-?\d{1,2})?$/.test(key),
  timestamptz: (key: string) => /^\d{4}-\d\d-\d\dT[\d:.]+Z$/.test(key) && !Number.isNaN(Date.parse(key)),
};

/** null for the first page. `type` is null for a list in order of its ids. */
export function afterOf(list: ListName, type: KeyType | null, cursor: unknown): Position | null {
  if (cursor === undefined || cursor === null) return null;
  const position = typeof cursor === 'string' && cursor.length <= 4_000 ? decoded(list, cursor) : undefined;
  if (position !== undefined && fits(position.key, type)) return position;
  throw new RejectedError('GATEWAY_CURSOR_REFUSED', `after is ${quoted(cursor)}`, {
    place: '/after',
    accepted: 'a cursor from an earlier page of the same list, unchanged',
  });
}

const fits = (key: string | null, type: KeyType | null): boolean => (key === null || type === null ? key === type : isKey[type](key));

function decoded(list: ListName, cursor: string): Position | undefined {
  let parts: unknown;
  try {
    parts = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(parts)) return undefined;
  const [name, key, id] = parts as unknown[];
  if (name !== list || typeof id !== 'string' || id.includes('\0') || !(key === null || typeof key === 'string')) return undefined;
  // Decoding forgives; encoding again doesn't, so that a cursor has one spelling.
  return cursorOf(list, { key, id }) === cursor ? { key, id } : undefined;
}

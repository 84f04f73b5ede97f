/** Pages by key: a page begins after the last item of the one before, so that what comes or goes meanwhile shifts nothing. */
import { createHash } from 'node:crypto';
import { quoted } from '@steward/platform';
import { refused } from './input';

export interface Page<T> {
  readonly items: readonly T[];
  readonly page: { readonly first: number; readonly hasNext: boolean; readonly next: string | null };
}

/** A list by what it is asked for: pages of one are no pages of another. */
export const nameOfList = (...parts: readonly unknown[]): string => createHash('sha256').update(JSON.stringify(parts)).digest('base64url').slice(0, 8);

/** An instant as a position: JavaScript's milliseconds would lose what PostgreSQL sorts by. */
export const instantSql = (column: string): string => `to_char(${column} at time zone 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"')`;

/** Opaque to clients. */
export const cursorOf = (list: string, position: readonly (string | number)[]): string => Buffer.from(JSON.stringify([list, ...position])).toString('base64url');

export type PositionPart = 'string' | 'number' | 'instant' | 'uuid';

const uuid = /^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/;

/** Where a page begins, in the parts that the list is sorted by; null for the first page. */
export function pagePosition(list: string, cursor: string | undefined, parts: readonly PositionPart[]): readonly (string | number)[] | null {
  if (cursor === undefined) return null;
  const position = decoded(list, cursor, parts);
  if (position !== undefined) return position;
  throw refused('/after', `is ${quoted(cursor)}`, 'a cursor from an earlier page of the same list, unchanged');
}

function decoded(list: string, cursor: string, parts: readonly PositionPart[]): readonly (string | number)[] | undefined {
  let found: unknown;
  try {
    found = JSON.parse(Buffer.from(cursor, 'base64url').toString());
  } catch {
    return undefined;
  }
  if (!Array.isArray(found) || found.length !== parts.length + 1 || found[0] !== list) return undefined;
  const position = found.slice(1) as unknown[];
  if (!position.every((part, index) => isPart(part, parts[index]))) return undefined;
  // Decoding forgives; encoding again doesn't, so that a cursor has one spelling.
  return cursorOf(list, position as (string | number)[]) === cursor ? (position as (string | number)[]) : undefined;
}

/** What PostgreSQL would stumble over is refused here: text with NUL, an instant or an id that is none. */
function isPart(part: unknown, kind: PositionPart | undefined): boolean {
  if (kind === 'number') return typeof part === 'number' && Number.isSafeInteger(part);
  if (typeof part !== 'string' || part.includes('\0')) return false;
  return kind === 'instant' ? !Number.isNaN(Date.parse(part)) : kind !== 'uuid' || uuid.test(part);
}

/** `rows` has one more than asked for where there is a next page. */
export function pageOf<R, T>(list: string, first: number, rows: readonly R[], positionOfRow: (row: R) => readonly (string | number)[], show: (row: R) => T): Page<T> {
  const shown = rows.slice(0, first);
  const last = shown.at(-1);
  const hasNext = rows.length > first;
  return { items: shown.map(show), page: { first, hasNext, next: hasNext && last !== undefined ? cursorOf(list, positionOfRow(last)) : null } };
}

/**
 * Rows by (write_date, id), where Odoo shows dates cut to the second and sorts by what it has cut off.
 * 1. Within a second the order is by id, in windows of one second each: a page that ends within one goes on there.
 * 2. A second that is still going on is read from its beginning again, until it is over: a row that was read may change within it,
 *    and one with a lower id may come. What is committed later than that is the overlap's to find.
 */
import type { Domain, OdooClient } from './odoo.client';
import { changedWire, type Moment } from './odoo.wire';

export interface Position {
  readonly at: Moment;
  /** The last id that was shown of that second; 0 = none. */
  readonly id: number;
}

export interface ChangedRow {
  readonly id: number;
  readonly write_date: Moment;
}

export interface Changed<Row> {
  readonly rows: Row[];
  readonly next: Position;
  readonly more: boolean;
}

/** A search for rows that match, in this order. */
export type FindRows<Row> = (domain: Domain, order: string, limit: number) => Promise<Row[]>;

export async function changedRows<Row extends ChangedRow>(find: FindRows<Row>, from: Position, limit: number, isOver: (at: Moment) => boolean): Promise<Changed<Row>> {
  const end = secondAfter(from.at);
  const window = await find([['write_date', '>=', from.at], ['write_date', '<', end], ['id', '>', from.id]], 'id asc', limit);
  const last = window.at(-1);
  if (window.length === limit && last) return { rows: window, next: { at: from.at, id: last.id }, more: true };

  const later = await find([['write_date', '>=', end]], 'write_date asc, id asc', limit);
  const newest = later.at(-1)?.write_date;
  if (newest === undefined) return { rows: window, next: { at: from.at, id: isOver(from.at) ? Math.max(from.id, last?.id ?? 0) : 0 }, more: false };
  const ofNewest = later.filter(({ write_date }) => write_date === newest);
  if (later.length < limit) return { rows: [...window, ...later], next: { at: newest, id: isOver(newest) ? Math.max(...ofNewest.map(({ id }) => id)) : 0 }, more: false };
  // The last second may not be whole here, and is not in the order of ids: it is read as a window of its own.
  if (ofNewest.length === limit && window.length === 0) return changedRows(find, { at: newest, id: 0 }, limit, isOver);
  return { rows: [...window, ...later.filter(({ write_date }) => write_date !== newest)], next: { at: newest, id: 0 }, more: true };
}

export const toMoment = (ms: number): Moment => new Date(ms).toISOString().slice(0, 19).replace('T', ' ');
export const toMs = (at: Moment): number => Date.parse(`${at.replace(' ', 'T')}Z`);
const secondAfter = (at: Moment): Moment => toMoment(toMs(at) + 1_000);

/** The same place earlier, before every id of that second. */
export const earlier = ({ at }: Position, byMs: number): Position => ({ at: toMoment(Math.max(0, toMs(at) - byMs)), id: 0 });

/** A second counts as over when this much has passed since: clocks differ, and what is committed later is the overlap's. */
const overAfterMs = 5_000;
export const isOverBy = (now: () => number) => (at: Moment): boolean => toMs(at) < now() - overAfterMs;

// Where a first poll begins: the full pass of the first start reads everything older, and begins after this was taken.
const firstLookBackMs = 3_600_000;

export async function newestPosition(client: OdooClient, model: string, signal: AbortSignal): Promise<Position> {
  const [row] = await client.search(changedWire, model, { domain: [], fields: ['id', 'write_date'], order: 'write_date desc', limit: 1 }, signal);
  return earlier({ at: row?.write_date ?? toMoment(firstLookBackMs), id: 0 }, firstLookBackMs);
}

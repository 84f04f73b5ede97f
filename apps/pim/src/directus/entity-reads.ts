/** How an entity is read that lies in a collection and in the collections of its parts: what all feeds of Directus share. */
import type { Feed, Page } from '@steward/adapter-kit';
import { z } from 'zod';
import type { DirectusClient, DirectusQuery } from './directus.client';
import { activityWire, rowId, type Activity } from './directus.wire';

export interface Entity {
  readonly collection: string;
  /** Collections whose rows are part of an entity. */
  readonly parts: readonly string[];
  /** The field by which a part names its entity. */
  readonly owner: string;
  readonly fields: readonly string[];
  readonly deep: NonNullable<DirectusQuery['deep']>;
}

/** Strictly after this activity; only where a re-read begins, also not older than a moment. */
interface Cursor {
  readonly after: number;
  readonly since?: string;
  /** When the newest activity so far happened. */
  readonly at: string;
}

const dawn: Cursor = { after: 0, at: '1970-01-01T00:00:00.000Z' };
/** An editor who saves one product writes about ten: itself, and each part that changed. */
const activitiesAtOnce = 500;
/** Directus answers a question about a few hundred keys in one statement. */
const keysAtOnce = 200;
// Where a first poll begins: what was saved lately is told before the first full pass has read everything older.
const firstLookBackMs = 3_600_000;

export function entityReads(client: DirectusClient, entity: Entity, limit: number): Pick<Feed, 'changes' | 'rewind' | 'all' | 'byKeys'> {
  const { collection, parts, owner, fields, deep } = entity;
  const partWire = z.object({ [owner]: rowId.nullable() });
  const whole = { fields, deep, sort: ['id'] };

  const activity = (filter: object, sort: string, count: number, signal: AbortSignal): Promise<{ rows: Activity[] }> => {
    const ours = [{ collection: { _in: [collection, ...parts] } }, { action: { _in: ['create', 'update', 'delete'] } }];
    const query = { fields: ['id', 'action', 'collection', 'item', 'timestamp'], filter: { _and: [...ours, filter] }, sort: [sort], limit: count };
    return client.search('activity', activityWire, query, signal);
  };

  const byKeys = async (keys: readonly string[], signal: AbortSignal): Promise<unknown[]> => {
    // A key that no column of numbers takes was never a key here; asked for, it would fail the others with it.
    const ids = keys.filter((key) => rowId.safeParse(key).success);
    const pages = await Promise.all(
      chunks(ids).map((some) => client.search(`items/${collection}`, z.unknown(), { ...whole, filter: { id: { _in: some } }, limit: some.length }, signal)),
    );
    return pages.flatMap(({ rows }) => rows);
  };

  /** Those that parts with these ids belong to now. */
  const ownersOf = async (part: string, ids: readonly string[], signal: AbortSignal): Promise<string[]> => {
    const pages = await Promise.all(
      chunks(ids).map((some) => client.search(`items/${part}`, partWire, { fields: [owner], filter: { id: { _in: some } }, sort: ['id'], limit: some.length }, signal)),
    );
    return pages.flatMap(({ rows }) => rows).flatMap((row) => row[owner] ?? []);
  };

  const touched = async (activities: readonly Activity[], signal: AbortSignal): Promise<string[]> => {
    const idsIn = (name: string): string[] => [...new Set(activities.filter((each) => each.collection === name && each.action !== 'delete').map(({ item }) => item))];
    const owners = await Promise.all(parts.map((part) => ownersOf(part, idsIn(part), signal)));
    return [...new Set([...idsIn(collection), ...owners.flat()])];
  };

  const newest = async (signal: AbortSignal): Promise<Cursor> => {
    const { rows } = await activity({}, '-id', 1, signal);
    const [last] = rows;
    return last === undefined ? dawn : { after: last.id, at: last.timestamp };
  };

  return {
    byKeys,
    changes: async (cursor, signal): Promise<Page> => {
      const from = cursor === null ? earlier(await newest(signal), firstLookBackMs) : (JSON.parse(cursor) as Cursor);
      const { rows } = await activity({ id: { _gt: from.after }, ...(from.since === undefined ? {} : { timestamp: { _gte: from.since } }) }, 'id', activitiesAtOnce, signal);
      const last = rows.at(-1);
      return {
        items: await byKeys(await touched(rows, signal), signal),
        deleted: rows.filter((each) => each.collection === collection && each.action === 'delete').map(({ item }) => item),
        next: last === undefined ? JSON.stringify(from) : JSON.stringify({ after: last.id, at: last.timestamp > from.at ? last.timestamp : from.at } satisfies Cursor),
        more: rows.length === activitiesAtOnce,
      };
    },
    rewind: (cursor, byMs) => JSON.stringify(earlier(JSON.parse(cursor) as Cursor, byMs)),
    all: async (after, signal): Promise<Page> => {
      const from = after ?? '0';
      const { rows, total } = await client.search(`items/${collection}`, z.looseObject({ id: rowId }), { ...whole, filter: { id: { _gt: from } }, limit, meta: ['total_count'] }, signal);
      return { items: rows, next: rows.at(-1)?.id ?? from, more: rows.length === limit, ...(total === undefined ? {} : { total }) };
    },
  };
}

/** By time, whatever ids came meanwhile. */
const earlier = ({ at }: Cursor, byMs: number): Cursor => ({ after: 0, since: new Date(Math.max(0, Date.parse(at) - byMs)).toISOString(), at });

function chunks(ids: readonly string[]): string[][] {
  return Array.from({ length: Math.ceil(ids.length / keysAtOnce) }, (_, index) => ids.slice(index * keysAtOnce, (index + 1) * keysAtOnce));
}

import type { Page, ResilientHttp } from '@steward/adapter-kit';
import { directusClient, type DirectusQuery } from './directus.client';
import { entityReads } from './entity-reads';

const entity = { collection: 'products', parts: ['variants'], owner: 'products_id', fields: ['id'], deep: {} };
const { signal } = new AbortController();
const done = (id: number, action: string, collection: string, item: string): object => ({ id, action, collection, item, timestamp: `2026-11-24T10:00:0${id}.000Z` });

/** Answers from tables as Directus does, as far as the queries go, and keeps what it was asked. */
function directus(tables: Readonly<Record<string, readonly object[]>>) {
  const asked: { path: string; query: DirectusQuery }[] = [];
  const send: ResilientHttp['send'] = async ({ url, method, headers, body = '' }) => {
    expect([method, headers?.['authorization']]).toEqual(['SEARCH', 'Bearer token']);
    const path = url.slice('http://pim.example/cms/'.length);
    const { query } = JSON.parse(body) as { query: DirectusQuery };
    asked.push({ path, query });
    const { id } = query.filter as { id?: { _in?: string[] } };
    const rows = (tables[path] ?? []).filter((row) => id?._in?.includes(String((row as { id: unknown }).id)) ?? true);
    return { status: 200, headers: {}, text: '', json: () => ({ data: rows.slice(0, query.limit) }) };
  };
  const client = directusClient({ send } as ResilientHttp, { url: 'http://pim.example/cms/', token: 'token' });
  return { reads: entityReads(client, entity, 100), asked };
}
const at = (after: number): string => JSON.stringify({ after, at: '2026-11-24T09:00:00.000Z' });
const idsOf = ({ items }: Page): unknown[] => items.map((item) => (item as { id: unknown }).id);

describe('what changed in Directus', () => {
  it('is the products that activities name, themselves or by a part, each once, and their deletions as hints', async () => {
    const activity = [done(1, 'update', 'variants', '70'), done(2, 'update', 'products', '2'), done(3, 'delete', 'products', '3'), done(4, 'delete', 'variants', '71'), done(5, 'create', 'variants', '72')];
    const { reads } = directus({
      activity,
      'items/variants': [{ id: 70, products_id: 1 }, { id: 72, products_id: 2 }],
      'items/products': [{ id: 1 }, { id: 2 }, { id: 9 }],
    });
    const page = await reads.changes(at(0), signal);
    expect(idsOf(page)).toEqual([1, 2]);
    expect(page).toMatchObject({ deleted: ['3'], more: false, next: JSON.stringify({ after: 5, at: '2026-11-24T10:00:05.000Z' }) });
  });

  it('is nothing, and asks for no product, while nobody does anything', async () => {
    const { reads, asked } = directus({});
    expect(await reads.changes(at(7), signal)).toEqual({ items: [], deleted: [], more: false, next: at(7) });
    expect(asked.map(({ path }) => path)).toEqual(['activity']);
  });

  it('is told from an hour before the newest activity on when there is no cursor yet', async () => {
    const { reads, asked } = directus({ activity: [done(5, 'update', 'products', '2')] });
    const { next } = await reads.changes(null, signal);
    expect(JSON.parse(next)).toEqual({ after: 5, at: '2026-11-24T10:00:05.000Z' });
    expect(asked[0]?.query).toMatchObject({ sort: ['-id'], limit: 1 });
    expect(JSON.stringify(asked[1]?.query.filter)).toContain('{"id":{"_gt":0},"timestamp":{"_gte":"2026-11-24T09:00:05.000Z"}}');
  });

  it('is read again by time, whatever ids came meanwhile', async () => {
    const { reads, asked } = directus({});
    await reads.changes(reads.rewind(at(900), 60_000), signal);
    expect(JSON.stringify(asked[0]?.query.filter)).toContain('{"id":{"_gt":0},"timestamp":{"_gte":"2026-11-24T08:59:00.000Z"}}');
  });
});

describe('a read by key', () => {
  it('asks for no key that the column could not take', async () => {
    const { reads, asked } = directus({ 'items/products': [{ id: 1 }] });
    expect(await reads.byKeys(['1', 'OU-1', '-1', ''], signal)).toEqual([{ id: 1 }]);
    expect(asked.map(({ query }) => query.filter)).toEqual([{ id: { _in: ['1'] } }]);
  });
});

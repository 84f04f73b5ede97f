import fc from 'fast-check';
import { differingBuckets } from '@steward/contracts';
import { createLogger, type Database, openDatabase } from '@steward/platform';
import { testDatabase } from '@steward/testing';
import { ConsumerTables1700000002000 } from '../consumer';
import { digestBuckets, digestKeys } from './digest';
import { answerDigest } from './digest.controller';

/** Two ends of an arrow: an owner's table and a read model's, with what a digest reads of them. */
let database: Database;
let drop: () => Promise<void>;

beforeAll(async () => {
  const testing = await testDatabase({ migrations: [ConsumerTables1700000002000] });
  database = await openDatabase({ url: testing.url, name: 'digest', migrations: [ConsumerTables1700000002000], logger: createLogger({ service: 'digest', level: 'silent' }) });
  await database.query('create table announced (entity text not null, key text collate "C" not null, revision bigint not null, hash bytea not null, data json, primary key (entity, key))');
  drop = async () => {
    await database.close();
    await testing.drop();
  };
});
afterAll(() => drop());
beforeEach(() => database.query('truncate announced, stored_part'));

interface Row {
  key: string;
  revision: number;
  /** JSON text; null for a tombstone. */
  data: string | null;
}

const hashOf = `substring(sha256(convert_to(coalesce(u.data, ''), 'UTF8')) from 1 for 16)`;
const columns = (rows: readonly Row[]) => [rows.map(({ key }) => key), rows.map(({ revision }) => revision), rows.map(({ data }) => data)];
const announce = (rows: readonly Row[]) =>
  database.query(`insert into announced select 'product', u.key, u.revision, ${hashOf}, u.data::json from unnest($1::text[], $2::bigint[], $3::text[]) as u (key, revision, data)`, columns(rows));
const store = (rows: readonly Row[]) =>
  database.query(
    `insert into stored_part (entity, key, revision, data, hash, changed_at, origin, message_id)
     select 'product', u.key, u.revision, u.data::json, ${hashOf}, now(), 'live', gen_random_uuid() from unnest($1::text[], $2::bigint[], $3::text[]) as u (key, revision, data)`,
    columns(rows),
  );

/** Keys that the comparison names, by way of the buckets that differ. */
async function differing(): Promise<string[]> {
  const buckets = await database.transaction(async (tx) => differingBuckets(await digestBuckets(tx, 'announced', 'product'), await digestBuckets(tx, 'stored_part', 'product')));
  if (buckets.length === 0) return [];
  const leaves = async (table: 'announced' | 'stored_part') =>
    new Map((await database.transaction((tx) => digestKeys(tx, table, { entity: 'product', buckets, after: null, limit: 1_000 }))).map(({ key, revision, hash }) => [key, `${String(revision)} ${hash}`]));
  const [one, other] = [await leaves('announced'), await leaves('stored_part')];
  return [...new Set([...one.keys(), ...other.keys()])].filter((key) => one.get(key) !== other.get(key)).sort();
}

const many = Array.from({ length: 500 }, (_, index): Row => ({ key: `P-${String(index)}`, revision: 1 + (index % 7), data: JSON.stringify({ id: index, name: 'Ätna 山' }) }));

it('X1: is the same on both ends exactly if keys, revisions and contents are', async () => {
  await announce(many);
  await store(many.toReversed());
  expect(await differing()).toEqual([]);
});

it('X1: finds what is only here, only there, older or edited by hand under the same revision and the same stored hash, and nothing else', async () => {
  await announce(many);
  await store(many);
  await database.query(`delete from stored_part where key = 'P-1'`);
  await database.query(`delete from announced where key = 'P-2'`);
  await database.query(`update stored_part set revision = revision - 1 where key = 'P-3'`);
  await database.query(`update stored_part set data = '{"id":4,"name":"by hand"}' where key = 'P-4'`);
  expect(await differing()).toEqual(['P-1', 'P-2', 'P-3', 'P-4']);
});

it('C12: a tombstone counts as nothing, and a deletion that arrived on one end only is found', async () => {
  await announce([...many, { key: 'gone', revision: 9, data: null }, { key: 'half', revision: 2, data: null }]);
  await store([...many, { key: 'half', revision: 1, data: '{}' }]);
  expect(await differing()).toEqual(['half']);
});

it('X1: recall is complete for any set of differences (T2)', async () => {
  await announce(many);
  const keys = many.map(({ key }) => key);
  await fc.assert(
    fc.asyncProperty(fc.subarray(keys, { maxLength: 20 }), async (touched) => {
      await database.query('truncate stored_part');
      await store(many.map((row) => (touched.includes(row.key) ? { ...row, revision: row.revision + 1 } : row)));
      expect(await differing()).toEqual(touched.toSorted());
    }),
    { numRuns: 20 },
  );
});

it('X1: answers a request page by page, and refuses what is no question', async () => {
  await announce(Array.from({ length: 900 }, (_, index) => ({ key: `P-${String(index).padStart(3, '0')}`, revision: 1, data: '{}' })));
  const answer = await answerDigest(database, 'announced', { entity: 'product' });
  const buckets = 'buckets' in answer ? answer.buckets.map(({ bucket }) => bucket) : [];
  const seen: string[] = [];
  for (let after: string | null = '', more = true; more; more = after !== null) {
    const page = await answerDigest(database, 'announced', { entity: 'product', buckets, after });
    if (!('keys' in page)) throw new Error('asked for keys');
    seen.push(...page.keys.map(({ key }) => key));
    after = page.next;
  }
  expect(seen).toHaveLength(900);
  expect(seen).toEqual([...new Set(seen)].sort());
  for (const bad of [{}, { entity: 'product', buckets: [4_096] }, { entity: 'product', table: 'dead_letter' }]) await expect(answerDigest(database, 'announced', bad)).rejects.toThrow();
});

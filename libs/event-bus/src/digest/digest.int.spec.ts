import fc from 'fast-check';
import type { DigestKeys, DigestScrub } from '@steward/contracts';
import { createLogger, type Database, openDatabase } from '@steward/platform';
import { eventually, type MigrationClass, testDatabase } from '@steward/testing';
import { consumerMigrations } from '../consumer';
import { compareDigests, type DifferencePage, type DigestDoor, scrubDigests } from './compare';
import { answerDigest as answer } from './answer';
import { digestMoves, keepDigest, scrubDigest } from './kept';
import { Scrubber } from './scrubber';

/** Two ends of an arrow: an owner's table and a read model's, with what a digest reads of them. */
type Statement = Parameters<Database['query']>[0];

let database: Database;
let drop: () => Promise<void>;

/** As the kit makes it, and with a row from before digests were kept. */
class Announced1764000000000 implements InstanceType<MigrationClass> {
  readonly name = 'Announced1764000000000';
  async up(runner: { query: (text: string) => Promise<unknown> }): Promise<void> {
    await runner.query('create table announced (entity text not null, key text collate "C" not null, revision bigint not null, hash bytea not null, data json, primary key (entity, key))');
    await runner.query(`insert into announced values ('category', 'old', 3, substring(sha256('{}') from 1 for 16), '{}'), ('category', 'gone', 4, '\\x00', null)`);
  }
  async down(): Promise<void> {}
}

const migrations = [...consumerMigrations, Announced1764000000000];

beforeAll(async () => {
  const testing = await testDatabase({ migrations });
  database = await openDatabase({ url: testing.url, name: 'digest', migrations, logger: createLogger({ service: 'digest', level: 'silent' }) });
  drop = async () => {
    await database.close();
    await testing.drop();
  };
});
afterAll(() => drop());
beforeEach(() => database.query(`delete from announced where entity = 'product'`).then(() => database.query('delete from stored_part')));

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

const scrubber = new Scrubber({ warn: () => undefined });
const answerDigest = (...[from, table, question]: readonly [Database, 'announced' | 'stored_part', unknown]) => answer(from, table, question, scrubber);
let asked = 0;
const doorOf = (table: 'announced' | 'stored_part'): DigestDoor => async (question) => {
  asked += 1;
  // As they cross the broker.
  return JSON.parse(JSON.stringify(await answerDigest(database, table, question)));
};
const ends = { entity: 'product', left: doorOf('announced'), right: doorOf('stored_part') };

const scrub = () => scrubDigests(ends, () => Promise.resolve());

/** Of what stands in the rows: here they are written past the gate. */
async function pages(from?: number): Promise<DifferencePage[]> {
  await scrub();
  const all: DifferencePage[] = [];
  for await (const page of compareDigests(ends, from)) all.push(page);
  return all;
}

/** Keys that the comparison names. */
const differing = async (): Promise<string[]> => (await pages()).flatMap(({ differences }) => differences.map(({ key }) => key)).sort();

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

it('X1: shows what each end holds of a key that differs, and asks one question of each end where nothing does', async () => {
  await announce(many);
  await store(many);
  await scrub();
  asked = 0;
  for await (const page of compareDigests(ends)) expect(page).toBeUndefined();
  expect(asked).toBe(2);
  await database.query(`update stored_part set revision = 99 where key = 'P-3'`);
  await database.query(`delete from stored_part where key = 'P-4'`);
  const found = (await pages()).flatMap(({ differences }) => differences);
  const row = async (table: string, key: string) => (await database.query(`select key, revision, encode(hash, 'hex') as hash from ${table} where key = $1`, [key]))[0];
  expect(found.toSorted((a, b) => (a.key < b.key ? -1 : 1))).toEqual([
    { key: 'P-3', left: await row('announced', 'P-3'), right: await row('stored_part', 'P-3') },
    { key: 'P-4', left: await row('announced', 'P-4'), right: null },
  ]);
  expect(found.find(({ key }) => key === 'P-3')?.right?.revision).toBe(99);
});

it('X1: a walk goes on behind any page of another one', async () => {
  await announce(many);
  await store(many.filter((_, index) => index % 5 > 1));
  const all = await pages();
  expect(all.flatMap(({ differences }) => differences)).toHaveLength(200);
  expect(all.length).toBeGreaterThan(1);
  for (const index of all.keys()) expect(await pages(all[index]?.position)).toEqual(all.slice(index + 1));
});

it('X1: finds a key in a crowded leaf by its digests, not by asking for all of them', async () => {
  const crowd = (await database.query<{ key: string }>(
    `select 'P-' || i as key from generate_series(1, 1200000) i where (hashtextextended('P-' || i, 0) >> 50) & 16383 = 5 limit 60`)).map(({ key }): Row => ({ key, revision: 1, data: '{}' }));
  await announce(crowd);
  await scrub();
  asked = 0;
  for await (const { differences } of compareDigests(ends)) expect(differences).toHaveLength(60);
  // Of what the other end has nothing of, nothing is asked but the keys: the root, its groups, their leaves, and a page.
  expect(asked).toBe(8);
  await store(crowd.slice(1));
  // An edit by hand is in the digests below the leaves too.
  const edited = crowd[30]?.key ?? '';
  await database.query(`update stored_part set data = '{"by":"hand"}' where key = $1`, [edited]);
  let keys = 0;
  const counted = (door: DigestDoor): DigestDoor => async (question) => {
    const answer = await door(question);
    if ('keys' in answer) keys += answer.keys.length;
    return answer;
  };
  const found: string[] = [];
  await scrub();
  for await (const { differences } of compareDigests({ ...ends, left: counted(ends.left), right: counted(ends.right) })) found.push(...differences.map(({ key }) => key));
  expect(found.toSorted()).toEqual([crowd[0]?.key, edited].toSorted());
  expect(keys).toBeLessThan(40);
});

it('X1: a connection that has asked often still reads the rows below its nodes and no others', async () => {
  const count = 20_000;
  await announce(Array.from({ length: count }, (_, index) => ({ key: `P-${String(index)}`, revision: 1, data: '{}' })));
  await database.query('analyze announced');
  const leaves = Array.from({ length: 100 }, (_, index) => 2 ** 14 + index);
  const read = (question: object) =>
    database.transaction(async (tx) => {
      const connection = { ...database, query: async (statement: Statement, values: readonly unknown[] = []) => (await tx.query({ ...(typeof statement === 'string' ? { text: statement } : statement), values: [...values] })).rows };
      // PostgreSQL plans a prepared statement anew five times at most, then for values that it doesn't know.
      for (let time = 0; time < 6; time += 1) await answerDigest(connection as Database, 'announced', question);
      const rows = async (): Promise<number> => (await tx.query<{ rows: number }>(`select (seq_tup_read + idx_tup_fetch)::int as rows from pg_stat_xact_user_tables where relname = 'announced'`)).rows[0]?.rows ?? 0;
      const before = await rows();
      await answerDigest(connection as Database, 'announced', question);
      return (await rows()) - before;
    });
  const there = (await answerDigest(database, 'announced', { entity: 'product', keysOf: leaves })) as DigestKeys;
  expect(there.keys.length).toBeGreaterThan(50);
  expect(await read({ entity: 'product', childrenOf: leaves })).toBe(there.keys.length);
  // Once for its path and once for its content.
  expect(await read({ entity: 'product', keysOf: leaves })).toBe(2 * there.keys.length);
  expect(await read({ entity: 'product', keysOf: [1], after: 'P-10' })).toBeLessThan(1_000);
});

it('X1: counts what was there before digests were kept', async () => {
  expect(await answerDigest(database, 'announced', { entity: 'category' })).toMatchObject({ count: 1 });
  expect(await database.transaction((tx) => scrubDigest(tx, 'announced', 'category'))).toEqual({ keys: 1, edited: 0, mended: 0 });
});

it('X1: an edit by hand is seen by a scrub, counts until its row changes, and costs the sum nothing', async () => {
  await announce(many);
  await store(many);
  await scrub();
  const root = () => answerDigest(database, 'stored_part', { entity: 'product' });
  const before = await root();
  await database.query(`update stored_part set data = '{"by":"hand"}' where key = 'P-4'`);
  expect(await root()).toEqual(before);
  expect(await differing()).toEqual(['P-4']);
  expect(await root()).not.toEqual(before);
  // As the gate writes it.
  await database.query(`with moved as (update stored_part set data = '{}', revision = 50, hash = substring(sha256('{}') from 1 for 16) where key = 'P-4' returning ${digestMoves}), told as (select 'product') ${keepDigest('stored_part', 'moved').replace('$1', `'product'`)}`);
  await database.query(`update announced set data = '{}', revision = 50, hash = substring(sha256('{}') from 1 for 16) where key = 'P-4'`);
  const changed = await root();
  expect(await database.transaction((tx) => scrubDigest(tx, 'stored_part', 'product'))).toMatchObject({ edited: 0, mended: 0 });
  expect(await root()).toEqual(changed);
  expect(await differing()).toEqual([]);
});

it('X1: asked for a scrub, says when one is done that began later, also after the process that was at it is gone', async () => {
  const ask = (ticket?: string) => answerDigest(database, 'stored_part', { entity: 'product', scrub: true, ...(ticket === undefined ? {} : { ticket }) }) as Promise<DigestScrub>;
  const done = await ask();
  expect(done).toEqual({ ticket: expect.any(String), done: true });
  const lock = await database.pool.connect();
  try {
    // Somebody else is at it, and has begun before.
    await lock.query(`begin`);
    await lock.query(`select pg_advisory_xact_lock(hashtextextended('steward digest scrub stored_part product', 0))`);
    const waiting = await ask();
    expect([waiting.done, Number(waiting.ticket) > Number(done.ticket), (await ask(done.ticket)).done]).toEqual([false, true, true]);
    await lock.query('rollback');
    expect(await ask(waiting.ticket)).toEqual({ ticket: waiting.ticket, done: true });
  } finally {
    lock.release();
  }
});

it('X1: a scrub has done what was asked for before it began, and nothing that was asked for while it ran', async () => {
  const fold = await database.pool.connect();
  const kept = new Scrubber({ warn: () => undefined });
  const done = async () => (await database.query<{ done: number }>(`select done::int as done from digest_scrub where held_in = 'stored_part' and entity = 'product'`))[0]?.done;
  try {
    await fold.query('begin');
    // Whoever counts waits for this, with its number in hand.
    await fold.query(`select pg_advisory_xact_lock(hashtextextended('steward digest', 0))`);
    const first = await kept.ask(database, 'stored_part', 'product');
    const working = kept.work(database, 'stored_part', 'product', 60_000);
    await eventually(async () => (await database.query(`select from pg_locks where locktype = 'advisory' and not granted`)).length === 1);
    const second = await kept.ask(database, 'stored_part', 'product');
    await fold.query('rollback');
    await working;
    expect([await done(), Number(second)]).toEqual([Number(first), Number(first) + 1]);
  } finally {
    fold.release();
  }
});

it('X1: answers a request page by page, and refuses what is no question', async () => {
  await announce(Array.from({ length: 900 }, (_, index) => ({ key: `P-${String(index).padStart(3, '0')}`, revision: 1, data: '{}' })));
  for (const nodes of [[2, 3], [1]]) {
    const seen: string[] = [];
    for (let after: string | null = '', more = true; more; more = after !== null) {
      const page = await answerDigest(database, 'announced', { entity: 'product', keysOf: nodes, after });
      if (!('keys' in page)) throw new Error('asked for keys');
      seen.push(...page.keys.map(({ key }) => key));
      after = page.next;
    }
    expect(seen).toHaveLength(900);
    expect(seen).toEqual([...new Set(seen)].sort());
  }
  const none = { entity: 'product' };
  for (const bad of [{}, { ...none, childrenOf: [0] }, { ...none, childrenOf: [2 ** 42] }, { ...none, childrenOf: [9] }, { ...none, keysOf: [] }, { ...none, keysOf: [1.5] }, { ...none, table: 'dead_letter' }]) {
    await expect(answerDigest(database, 'announced', bad)).rejects.toThrow();
  }
  await expect(answerDigest(database, 'announced', { ...none, keysOf: [-1] }).catch(({ issues }) => issues[0].path)).resolves.toEqual(['keysOf', 0]);
});

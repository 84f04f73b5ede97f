import { order } from '@steward/contracts';
import { createLogger, type Database, openDatabase } from '@steward/platform';
import { testDatabase } from '@steward/testing';
import { consumerMigrations } from '../consumer';
import { outboxMigrations } from '../outbox';
import { masked } from './evidence';
import { answerEvidence } from './evidence.controller';

const migrations = [...outboxMigrations, ...consumerMigrations];
const announced = 'create table announced (entity text not null, key text collate "C" not null, revision bigint not null, hash bytea not null, data json, message_id uuid not null, changed_at timestamptz not null, major smallint not null default 1, primary key (entity, key))';
const hashed = (data: string): string => `substring(sha256(convert_to('${data}', 'UTF8')) from 1 for 16)`;

let database: Database;
let drop: () => Promise<void>;

beforeAll(async () => {
  const testing = await testDatabase({ migrations });
  database = await openDatabase({ url: testing.url, name: 'evidence', migrations: [], logger: createLogger({ service: 'evidence', level: 'silent' }) });
  await database.query(announced);
  drop = async () => {
    await database.close();
    await testing.drop();
  };
});
afterAll(() => drop());

const ask = async (table: 'announced' | 'stored_part', keys: string[]) => (await answerEvidence(database, table, { entity: 'product', keys })).keys;

it('X4: an owner says what it announced, what of it went out under which number, and what it knows nothing of', async () => {
  await database.query(`insert into announced select 'product', key, 3, ${hashed('{"a":1}')}, '{"a":1}', gen_random_uuid(), now() from unnest(array['sent', 'waiting', 'never']) key`);
  await database.query(`insert into outbox (message_id, entity, key, kind, type, subject, revision, event_time, body, published_at, stream, epoch, stream_sequence) values
    (gen_random_uuid(), 'product', 'sent', 'state', 'pim.product.v1', 's', 2, now(), '{}', now(), 'PIM_STATE', 'e', 7),
    (gen_random_uuid(), 'product', 'sent', 'state', 'pim.product.v1', 's', 3, now(), '{}', now(), 'PIM_STATE', 'e', 9),
    (gen_random_uuid(), 'product', 'waiting', 'state', 'pim.product.v1', 's', 3, now(), '{}', null, null, null, null)`);
  const [sent, waiting, never, nobody] = await ask('announced', ['sent', 'waiting', 'never', 'nobody']);
  expect(sent).toMatchObject({ revision: 3, data: { a: 1 }, sent: { revision: 3, sequence: 9, epoch: 'e' }, letter: null });
  expect(sent?.hash).toBe(sent?.storedHash);
  expect(waiting?.sent).toMatchObject({ revision: 3, publishedAt: null, sequence: null });
  expect(never).toMatchObject({ revision: 3, sent: null });
  expect(nobody).toMatchObject({ revision: null, hash: null, data: null });
});

it('X4: a read model shows an edit by hand as two hashes, and names the dead letter about a key', async () => {
  await database.query(`insert into stored_part (entity, key, revision, data, hash, changed_at, origin, message_id) select 'product', key, 1, '{"a":1}', ${hashed('{"a":1}')}, now(), 'live', gen_random_uuid() from unnest(array['sound', 'edited']) key`);
  await database.query(`update stored_part set data = '{"a":2}' where key = 'edited'`);
  await database.query(`insert into dead_letter (consumer, identity, entity, key, subject, headers, body, class, code, error, fingerprint, attempts, versions, owner, opened_at, last_seen_at)
    values ('gateway-catalogue', 'i', 'product', 'sound', 's', '{}', '', 'permanent', 'X', 'e', 'f', 1, '{}', '{}', now(), now())`);
  const [sound, edited] = await ask('stored_part', ['sound', 'edited']);
  expect([sound?.hash === sound?.storedHash, edited?.hash === edited?.storedHash]).toEqual([true, false]);
  expect(sound?.letter).toMatchObject({ class: 'permanent', consumer: 'gateway-catalogue' });
  expect([sound?.origin, sound?.sent]).toEqual(['live', null]);
});

it('what does not fit into a message is left for the next question', async () => {
  const wide = JSON.stringify({ text: 'x'.repeat(400_000) });
  await database.query(`insert into stored_part (entity, key, revision, data, hash, changed_at, origin, message_id) select 'product', key, 1, $1::json, '\\x00', now(), 'live', gen_random_uuid() from unnest(array['w1', 'w2', 'w3']) key`, [wide]);
  expect((await ask('stored_part', ['w1', 'w2', 'w3'])).map(({ key }) => key)).toEqual(['w1', 'w2']);
  for (const bad of [{}, { entity: 'product', keys: [] }, { entity: 'product', keys: Array.from({ length: 201 }, String) }]) await expect(answerEvidence(database, 'announced', bad)).rejects.toThrow();
});

it('personal values never leave, and equal ones stay equal', () => {
  const data = { email: 'ada@example.org', shippingAddress: { name: 'Ada', street: null }, number: 'W-1' };
  const shown = masked(order, data) as typeof data;
  expect(JSON.stringify(shown)).not.toMatch(/ada|Ada/);
  expect(shown.number).toBe('W-1');
  expect(masked(order, { ...data })).toEqual(shown);
  expect(masked(order, { ...data, email: 'eve@example.org' })).not.toEqual(shown);
});

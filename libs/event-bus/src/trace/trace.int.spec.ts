import { createLogger, type Database, openDatabase } from '@steward/platform';
import { testDatabase } from '@steward/testing';
import { consumerMigrations } from '../consumer';
import { outboxMigrations } from '../outbox';
import { readTrace } from './trace';

let database: Database;
let drop: () => Promise<void>;

beforeAll(async () => {
  const testing = await testDatabase({ migrations: [...outboxMigrations, ...consumerMigrations] });
  database = await openDatabase({ url: testing.url, name: 'trace', migrations: [], logger: createLogger({ service: 'trace', level: 'silent' }) });
  drop = async () => {
    await database.close();
    await testing.drop();
  };
});
afterAll(() => drop());

const at = (minute: number): string => `2026-01-01T00:${String(minute).padStart(2, '0')}:00.000Z`;
const outbox = (entity: string, key: string, minute: number, body: object, published: boolean): Promise<unknown> =>
  database.query(
    `insert into outbox (message_id, entity, key, kind, type, subject, revision, event_time, origin, traceparent, body, published_at)
      values (gen_random_uuid(), $1, $2, 'state', 't', 's', $3, $4, 'live', 'tp', $5, case when $6 then now() end)`, [entity, key, minute, at(minute), JSON.stringify(body), published]);
const stored = (entity: string, key: string, minute: number, data: object): Promise<unknown> =>
  database.query(`insert into stored_part (entity, key, revision, data, hash, changed_at, applied_at, origin, message_id) values ($1, $2, $3, $4, '\\x00', $5, $5, 'repair', gen_random_uuid())`, [entity, key, minute, JSON.stringify(data), at(minute)]);

it('tells of a SKU what was said, waits, was applied and failed, in the order of time, and of its neighbours nothing', async () => {
  await outbox('stock-level', 'A-1@HAM', 1, { sku: 'A-1', location: 'HAM', onHand: 5 }, true);
  await outbox('price', 'p-9', 4, { id: 'p-9', sku: 'A-1', amount: 4_711 }, false);
  await stored('product', 'tent', 2, { id: 'tent', variants: [{ sku: 'A-1', name: 'secret name' }, { sku: 'A-2' }] });
  await stored('product', 'chair', 2, { id: 'chair', variants: [{ sku: 'A-11' }] });
  await stored('stock-level', 'A-11@HAM', 2, { sku: 'A-11', location: 'HAM' });
  await database.query(`insert into dead_letter (consumer, identity, entity, key, subject, headers, body, class, code, error, fingerprint, attempts, versions, owner, opened_at, last_seen_at)
    values ('gateway-availability', 'i', 'stock-level', 'A-1@HAM', 's', '{}', '', 'permanent', 'X', 'e', 'f', 3, '{}', '{}', $1, $1)`, [at(3)]);
  const entries = await readTrace(database, 'gateway', { sku: 'A-1' });
  expect(entries.map(({ at: when, what, entity, key }) => [when, what, entity, key])).toEqual([
    [at(1), 'announced', 'stock-level', 'A-1@HAM'], [at(2), 'applied', 'product', 'tent'], [at(3), 'letter', 'stock-level', 'A-1@HAM'], [at(4), 'outbox', 'price', 'p-9'],
  ]);
  expect(entries[0]).toMatchObject({ service: 'gateway', revision: 1, origin: 'live', traceparent: 'tp' });
  expect(entries[2]?.summary).toBe('open letter of gateway-availability (permanent), 3 tries');
  // No payload by this door.
  expect(JSON.stringify(entries)).not.toMatch(/secret|4711/);
});

it('finds an order by its key and by whatever names it', async () => {
  await stored('order', 'o-1', 5, { orderId: 'o-1', number: 'W-1' });
  await stored('fulfilment', 'f-1', 6, { fulfilmentId: 'f-1', orderId: 'o-1' });
  expect((await readTrace(database, 'gateway', { orderId: 'o-1' })).map(({ entity, key }) => `${entity}/${key}`)).toEqual(['order/o-1', 'fulfilment/f-1']);
  expect(await readTrace(database, 'gateway', { customerId: 'nobody' })).toEqual([]);
});

it('takes an id for what it is, and nothing that is no question', async () => {
  expect(await readTrace(database, 'gateway', { sku: `'; drop table outbox; --"\\%` })).toEqual([]);
  for (const asked of [{}, { sku: '' }, { sku: 'a', orderId: 'b' }, { sku: 'x'.repeat(1_001) }, null]) await expect(readTrace(database, 'gateway', asked)).rejects.toThrow();
});

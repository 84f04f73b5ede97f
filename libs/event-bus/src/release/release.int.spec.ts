import { type Beat, declaredOf, product } from '@steward/contracts';
import { createLogger, type Database, openDatabase, systemClock } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import { consumerMigrations } from '../consumer';
import type { Work } from '../consumer/work';
import { outboxMigrations } from '../outbox';
import { readBacklog } from './backlog';
import { Heartbeat, releaseOf } from './heartbeat';

const migrations = [...outboxMigrations, ...consumerMigrations];
const logger = createLogger({ service: 'release', level: 'silent' });
let tables: TestDatabase;
let database: Database;

beforeAll(async () => {
  tables = await testDatabase({ migrations });
  database = await openDatabase({ url: tables.url, name: 'release', migrations, logger });
});
afterAll(async () => {
  await database.close();
  await tables.drop();
});

test('what waits is counted by contract version, and dead letters are named', async () => {
  expect(await readBacklog(database, 'pim')).toEqual({ outbox: [], held: [], letters: [], announced: [], stored: [] });
  await tables.pool.query(`insert into outbox (message_id, entity, key, kind, type, subject, event_time, body, published_at)
    select gen_random_uuid(), 'product', 'cap', 'state', type, 'evt.' || type || '.cap', now(), '{}', published from (values ('pim.product.v1', null::timestamptz), ('pim.product.v1', null), ('pim.product.v2', null), ('pim.product.v2', now())) rows (type, published)`);
  await tables.pool.query(`insert into held (handler, key, sequence, message_id, envelope, held_at, expires_at) values ('x', 'k', 2, gen_random_uuid(), '{"type":"oms.place-order.v1"}', now(), now())`);
  const letter = (subject: string, closed: string) => tables.pool.query(
    `insert into dead_letter (consumer, identity, key, subject, headers, body, class, error, fingerprint, attempts, versions, owner, opened_at, last_seen_at, closed_at)
      select 'gateway-catalogue', $1 || n, 'cap', $1, '{}', '', 'bug', 'x', 'x', 1, '{}', '{}', now() + n * interval '1 second', now(), ${closed} from generate_series(1, 21) n`, [subject]);
  await letter('evt.pim.product.v1.Y2Fw', 'null');
  await letter('evt.pim.product.v2.Y2Fw', 'now()');
  // What a feed could not read is of no contract version.
  await letter('products/cap', 'null');
  const { outbox, held, letters } = await readBacklog(database, 'pim');
  expect(outbox.toSorted((a, b) => a.major - b.major)).toMatchObject([{ system: 'pim', entity: 'product', major: 1, count: 2 }, { major: 2, count: 1 }]);
  expect(held).toMatchObject([{ system: 'oms', entity: 'place-order', major: 1, count: 1 }]);
  expect(letters).toMatchObject([{ system: 'pim', entity: 'product', major: 1, count: 21, named: expect.any(Array) }]);
  expect(letters[0]?.named).toHaveLength(20);
  expect(letters[0]?.named[0]).toMatchObject({ id: expect.any(String), consumer: 'gateway-catalogue', key: 'cap', class: 'bug', system: 'pim', entity: 'product', major: 1 });
});

test('a process says what it has mounted, what its database has had, and that it ends; who has the broker tells of the others', async () => {
  const told: (readonly Beat[])[] = [];
  const common = { migrations, database, clock: systemClock, logger, everyMs: 20 } as const;
  const works = [{ projections: new Map([['product', { kind: 'projection', builds: 'catalogue', contract: product, apply: async () => undefined }]]), handlers: new Map() }] as unknown as Work[];
  const silent = new Heartbeat({ ...common, service: 'gateway', process: 'gateway-api', processes: ['gateway-api', 'gateway-projector'], port: 1 });
  const telling = new Heartbeat({ ...common, service: 'gateway', process: 'gateway-projector', processes: ['gateway-api', 'gateway-projector'], port: 2, works: () => works, tell: async (beats) => told.push(beats) });
  silent.start();
  telling.start();
  await eventually(() => told.at(-1)?.length === 2);
  const [api, projector] = told.at(-1) ?? [];
  expect([api?.process, projector?.process]).toEqual(['gateway-api', 'gateway-projector']);
  expect(projector?.release).toEqual({ service: 'gateway', version: 'development', produces: declaredOf('gateway').produces, reads: [{ entity: 'product', major: 1, from: ['pim'] }], migrations: expect.arrayContaining(['LivingProcesses1799000000000']), processes: ['gateway-api', 'gateway-projector'] });
  expect(projector?.applied.toSorted()).toEqual(projector?.release.migrations);
  expect(api?.release.reads).toEqual(declaredOf('gateway').reads);
  await silent.stop();
  await eventually(() => told.at(-1)?.some(({ process, ended }) => process === 'gateway-api' && ended));
  await telling.stop();
  expect(told.at(-1)?.map(({ ended }) => ended)).toEqual([true, true]);
});

test('a build describes itself as the process says it when it runs', () => {
  expect(releaseOf({ service: 'pim', process: 'pim', migrations })).toMatchObject({ service: 'pim', processes: ['pim'], ...declaredOf('pim') });
});

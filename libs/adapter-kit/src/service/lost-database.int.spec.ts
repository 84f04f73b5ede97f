/** ADR 0005, 0024: an owner whose database comes back, and then is lost without a backup, in front of a reader that has lost nothing. */
import { type Contract, stockLevel, streams } from '@steward/contracts';
import { type BrokerState, connectBroker, consumerMigrations, lifeFloor, openSendingSide, outboxMigrations } from '@steward/event-bus';
import { createLogger, type Database, openDatabase, Readiness, Shutdown, systemClock } from '@steward/platform';
import { eventually, testBroker, type TestBroker, testDatabase, type TestDatabase } from '@steward/testing';
import { kitMigrations } from '../announce/kit.migration';
import { renewAnnounced } from '../announce/renew';
import { openReadModel, type ReadModel } from '../fixtures/read-model.fixture.spec';
import { announceOwn } from '../own/announce-own';
import { settleFloors } from '../own/own-states';

const logger = createLogger({ service: 'kit-test', level: 'silent' });
const migrations = [...outboxMigrations, ...consumerMigrations, ...kitMigrations];
const contracts = [stockLevel as Contract];
const keys = ['a@main', 'b@main'];

describe('an owner that loses its database', () => {
  let nats: TestBroker;
  let model: ReadModel;
  const left: TestDatabase[] = [];
  beforeAll(async () => {
    nats = await testBroker();
    model = await openReadModel(nats);
    await model.consumer();
  });
  afterAll(async () => {
    await model.close();
    await nats.stop();
    for (const each of left) await each.drop();
  });

  /** The owner's sending side on a database of its own; `revisionFloor` is what operations knows of its streams. */
  async function live(test: TestDatabase, revisionFloor: number): Promise<{ announce: (onHand: number) => Promise<unknown>; database: Database; end: () => Promise<void> }> {
    const shutdown = new Shutdown(logger);
    const database = await openDatabase({ url: test.url, name: 'owner', migrations: [], logger });
    const broker = await connectBroker({ url: nats.urlOf('erp'), service: 'erp', logger });
    const answer: BrokerState = { serverVersion: nats.version, syncAlways: false, durables: {}, streams: Object.fromEntries(streams.map(({ name }) => [name, { epoch: 'first', firstSequence: 0, lastSequence: 0, lastMessageId: null, revisionFloor }])) };
    const { start } = await openSendingSide({
      service: 'erp', runtime: { clock: systemClock, logger, readiness: new Readiness(), shutdown }, database, databaseUrl: test.url, broker, ask: () => Promise.resolve(answer), lease: 'adapter', refuseLazyBroker: false,
      renew: (tx, floor) => renewAnnounced(tx, 'erp', contracts, floor),
    });
    start();
    await settleFloors(database, 'erp', contracts, async () => Math.max(revisionFloor, await lifeFloor(database)));
    return {
      database,
      announce: (onHand) => database.transaction((tx) => announceOwn(tx, 'erp', stockLevel, keys.map((key) => ({ key, data: { sku: key.slice(0, 1), location: 'main', onHand } })))),
      end: async () => {
        await shutdown.drain();
        await shutdown.close();
        await broker.close();
        await database.close();
      },
    };
  }
  const empty = async (): Promise<TestDatabase> => {
    const test = await testDatabase({ migrations });
    left.push(test);
    return test;
  };
  const shows = (onHand: number) => eventually(async () => {
    const { derived } = await model.content();
    return keys.every((key) => derived[key]?.[1] === onHand) && derived;
  }, { withinMs: 20_000 });

  it('I3: is heard again each time, however little the streams say of what it gave, and no revision is lowered', async () => {
    const first = await empty();
    const owner = await live(first, 0);
    await owner.announce(1);
    await shows(1);
    await owner.end();
    // As its backup is in another cluster.
    await first.pool.query(`update database_life set place = 'elsewhere'`);
    const restored = await live(first, 2);
    await restored.announce(2);
    const high = Math.max(...Object.values(await shows(2)).map(([revision]) => revision));
    await restored.end();

    // The count of messages is far below what a restored life has given. No operator loses two databases within a second.
    await eventually(() => Math.floor(Date.now() / 1_000) * 2 ** 20 > high);
    const lost = await live(await empty(), 6);
    await lost.announce(3);
    const higher = Object.values(await shows(3)).map(([revision]) => revision);
    expect(Math.min(...higher)).toBeGreaterThan(high);
    await lost.end();

    // Once more, on a machine whose clock is behind: operations has seen what the streams held.
    const behind = await live(await empty(), 2 ** 51);
    await behind.announce(4);
    expect(Math.min(...Object.values(await shows(4)).map(([revision]) => revision))).toBeGreaterThan(2 ** 51);
    await behind.end();
    expect([await model.query('select key from lowered'), await model.query('select from dead_letter')]).toEqual([[], []]);
  }, 60_000);
});

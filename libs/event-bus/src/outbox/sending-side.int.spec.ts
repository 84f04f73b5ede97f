import { cancelOrder, type CancelOrder } from '@steward/contracts';
import { armFaults, createLogger, type Database, openDatabase, Readiness, Shutdown, systemClock } from '@steward/platform';
import { eventually, testBroker, type TestBroker, testDatabase, type TestDatabase } from '@steward/testing';
import { type BrokerState, connectBroker } from '../broker';
import { appendEvents } from './append-events';
import { outboxMigrations } from './outbox.migration';
import { nothingPending, stored } from './relay/relay.fixture.spec';
import { openSendingSide, type SendingSide } from './sending-side';

const logger = createLogger({ service: 'test', level: 'silent' });

describe('the sending side of a service that announces nothing', () => {
  let nats: TestBroker;
  let test: TestDatabase;
  let database: Database;
  let readiness: Readiness;
  let shutdown: Shutdown;
  let epoch: string | undefined;

  beforeEach(async () => {
    nats = await testBroker();
    test = await testDatabase({ migrations: outboxMigrations });
    database = await openDatabase({ url: test.url, name: 'test', migrations: [], logger });
    epoch = 'first';
  });
  afterEach(async () => {
    await shutdown.drain();
    await shutdown.close();
    await database.close();
    await nats.stop();
    await test.drop();
  });

  const open = async (): Promise<SendingSide> => {
    [readiness, shutdown] = [new Readiness(), new Shutdown(logger)];
    readiness.markStarted();
    const broker = await connectBroker({ url: nats.urlOf('gateway'), service: 'gateway', logger });
    shutdown.onClose('broker', () => broker.close());
    const declared = (current: string): BrokerState['streams'] =>
      Object.fromEntries(['GATEWAY_COMMANDS', 'GATEWAY_STATE'].map((name) => [name, { epoch: current, firstSequence: 0, lastSequence: 0, lastMessageId: null, revisionFloor: 0 }]));
    const answer = (): BrokerState => ({ serverVersion: nats.version, syncAlways: false, durables: {}, streams: epoch === undefined ? {} : declared(epoch) });
    const runtime = { clock: systemClock, logger, readiness, shutdown };
    const sending = await openSendingSide({ service: 'gateway', runtime, database, databaseUrl: test.url, broker, ask: () => Promise.resolve(answer()), lease: 'commands', refuseLazyBroker: false });
    sending.start();
    return sending;
  };
  const cancel = (orderId: string): CancelOrder => ({ orderId, requestedAt: '2026-11-24T10:00:00Z', requestedBy: 'customer', reason: null });
  const send = (...orders: string[]) => database.transaction((tx) => appendEvents(tx, orders.map((key) => ({ contract: cancelOrder, system: 'gateway', key, data: cancel(key) }))));
  const sequencesOf = async (key: string) => (await stored(nats, 'GATEWAY_COMMANDS')).filter(({ subject }) => subject === `cmd.gateway.cancel-order.v1.${key}`).map(({ eventSequence }) => Number(eventSequence) % 2 ** 20);

  it('O3: sends commands of a key one by one in their order, also when acknowledgements are lost', async () => {
    await open();
    const disarm = armFaults('publish-ack=throw-before@0.2,seed=5');
    try {
      for (let round = 0; round < 5; round += 1) await send('a', 'b', 'a');
      await nothingPending(database, 30_000);
    } finally {
      disarm();
    }
    expect([await sequencesOf('a'), await sequencesOf('b')]).toEqual([[1, 2, 3, 4, 5, 6, 7, 8, 9, 10], [1, 2, 3, 4, 5]]);
  }, 60_000);

  it('B10: sends commands again that a lost stream held, under the ids they had', async () => {
    const { watch } = await open();
    await send('a', 'a', 'b');
    await nothingPending(database);
    const before = await stored(nats, 'GATEWAY_COMMANDS');
    await nats.asProvisioner((manager) => manager.streams.delete('GATEWAY_COMMANDS'));
    await nats.provision();
    epoch = 'second';
    watch.check();
    await eventually(async () => (await stored(nats, 'GATEWAY_COMMANDS')).length === 3);
    const ids = (messages: typeof before) => messages.map(({ id, subject, eventSequence }) => `${subject} ${eventSequence} ${id}`).sort();
    expect(ids(await stored(nats, 'GATEWAY_COMMANDS'))).toEqual(ids(before));
    expect(await sequencesOf('a')).toEqual([1, 2]);
  });

  it('B7: is not ready while its stream is missing, and writes are kept', async () => {
    epoch = undefined;
    const { watch } = await open();
    await send('a');
    await eventually(() => expect(readiness.reasons()).toMatchObject({ streams: 'missing streams: GATEWAY_COMMANDS, GATEWAY_STATE', outbox: expect.stringContaining('GATEWAY_COMMANDS') as string }) === undefined);
    epoch = 'first';
    watch.check();
    await nothingPending(database);
    expect(readiness.reasons()).toEqual({});
  });

  it('C10: gives its lease back, so that a successor sends at once', async () => {
    const first = await open();
    await send('a');
    await nothingPending(database);
    const fence = first.lease.fence();
    await shutdown.drain();
    await shutdown.close();
    const second = await open();
    await send('a');
    await nothingPending(database);
    expect([await sequencesOf('a'), second.lease.fence()]).toEqual([[1, 2], Number(fence) + 1]);
  });
});

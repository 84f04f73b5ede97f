// The whole way of B10: a real store cut back under a real relay, operations as it ships, nobody helping.
import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { feedProgress, renderBrokerAccounts, streams } from '@steward/contracts';
import { appendEvents, askBrokerState, connectBroker, createRpcClient, ensurePartitions, Lease, openAdministration, outboxMigrations, Relay, StreamWatch } from '@steward/event-bus';
import { createLogger, loadEnv, openDatabase, systemClock } from '@steward/platform';
import { freePort, startNats } from '@steward/servers';
import { eventually, testDatabase } from '@steward/testing';
import { operationsEnv } from './operations.env';
import { createOperations, operationsMigrations } from './operations.service';

const logger = createLogger({ service: 'test', level: 'silent' });
const passwordOf = (user: string): string => `password-of-${user}`;

describe('recovery', () => {
  const closing: (() => Promise<unknown> | unknown)[] = [];
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
  });

  it.each(['is lost while nobody publishes', 'is lost and refilled at once'])('B10: a tail that %s is published again by its owner, without an operator', async (how) => {
    const dir = mkdtempSync(join(tmpdir(), 'steward-recovery-'));
    closing.push(() => rmSync(dir, { recursive: true, force: true }));
    const nats = await startNats({ dir, port: await freePort(), config: renderBrokerAccounts({ passwordOf }) });
    closing.push(() => nats.stop());
    const urlOf = (user: string): string => nats.url.replace('://', `://${user}:${passwordOf(user)}@`);
    const [operationsDatabase, pimDatabase] = [await testDatabase({ migrations: operationsMigrations }), await testDatabase({ migrations: outboxMigrations })];
    closing.push(() => operationsDatabase.drop(), () => pimDatabase.drop());
    const operations = await createOperations(
      loadEnv(operationsEnv, {
        DATABASE_URL: operationsDatabase.url,
        NATS_URL: urlOf('operations'),
        NATS_PROVISIONER_URL: urlOf('provisioner'),
        STEWARD_HEALTH_PORT: '0',
        STEWARD_LOG_LEVEL: 'silent',
      }),
    );
    closing.push(() => operations.stop());

    const database = await openDatabase({ url: pimDatabase.url, name: 'pim', migrations: outboxMigrations, logger });
    closing.push(() => database.close());
    await ensurePartitions(database, Date.now());
    const broker = await connectBroker({ url: urlOf('pim'), service: 'pim', logger });
    closing.push(() => broker.close());
    const client = createRpcClient({ url: urlOf('pim'), service: 'pim' });
    closing.push(() => client.close());
    const lease = new Lease({ database, name: 'relay', clock: systemClock, logger });
    lease.start();
    closing.push(() => lease.stop());
    const own = streams.filter((stream) => stream.system === 'pim');
    const watch: StreamWatch = new StreamWatch({ service: 'pim', streams: own.map((stream) => stream.name), broker, ask: askBrokerState(client), recorded: () => relay.recorded(), clock: systemClock, logger });
    const relay = new Relay({ database, databaseUrl: pimDatabase.url, broker, streams: own, watch, lease, clock: systemClock, logger, publishTimeoutMs: 1_000 });
    await relay.start();
    watch.start();
    closing.push(() => relay.stop(), () => watch.stop());

    const append = (count: number): Promise<unknown> =>
      database.transaction((tx) =>
        appendEvents(tx, Array.from({ length: count }, (_, index) => ({ contract: feedProgress, system: 'pim', key: `k${index % 3}`, data: { system: 'pim', entity: 'product', completeUpTo: '2026-01-02T03:04:05.000Z', stream: 'PIM_STATE', epoch: 'e', sequence: index } }))),
      );
    const allPublished = (): Promise<unknown> => eventually(async () => (await database.query('select 1 from outbox where published_at is null limit 1')).length === 0, { withinMs: 60_000 });

    await append(30);
    await allPublished();
    await nats.stop();
    cpSync(join(dir, 'jetstream'), join(dir, 'backup'), { recursive: true });
    await nats.restart();
    await append(30);
    await allPublished();
    const before = (await watch.ready(20_000)).streams['PIM_EVENTS']?.epoch;

    if (how.includes('refilled')) await operations.stop();
    await nats.kill();
    rmSync(join(dir, 'jetstream'), { recursive: true });
    cpSync(join(dir, 'backup'), join(dir, 'jetstream'), { recursive: true });
    if (how.includes('refilled')) await append(60);
    await nats.restart();
    if (how.includes('refilled')) {
      await eventually(() => relay.problems().some((problem) => /PIM_EVENTS: it lost messages/.test(problem)), { withinMs: 60_000 });
      const again = await createOperations(
        loadEnv(operationsEnv, { DATABASE_URL: operationsDatabase.url, NATS_URL: urlOf('operations'), NATS_PROVISIONER_URL: urlOf('provisioner'), STEWARD_HEALTH_PORT: '0', STEWARD_LOG_LEVEL: 'silent' }),
      );
      closing.push(() => again.stop());
    }
    await eventually(() => watch.state()?.streams['PIM_EVENTS']?.epoch !== before);
    await eventually(() => relay.problems().length === 0, { withinMs: 60_000 });
    await allPublished();

    // Every message id of the outbox is in the stream, in the order of its key.
    const provisioner = await connectBroker({ url: urlOf('provisioner'), service: 'provisioner', logger, apiPrefix: '$JS.API' });
    closing.push(() => provisioner.close());
    const stream = own.find((each) => each.name === 'PIM_EVENTS');
    const facts = stream && (await (await openAdministration(provisioner)).inspectStream(stream));
    const manager = await provisioner.js.jetstreamManager(false);
    const found = new Set<string>();
    for (let sequence = facts?.firstSequence ?? 1; sequence <= (facts?.lastSequence ?? 0); sequence += 1) {
      const message = await manager.streams.getMessage('PIM_EVENTS', { seq: sequence });
      if (message) found.add(message.header.get('ce-id'));
    }
    const rows = await database.query<{ id: string; epoch: string }>('select message_id as id, epoch from outbox');
    expect(rows.filter((row) => !found.has(row.id))).toEqual([]);
    expect(new Set(rows.map((row) => row.epoch))).toEqual(new Set([watch.state()?.streams['PIM_EVENTS']?.epoch]));
  }, 120_000);
});

import { cpSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { durables, type ForgetAnswer, forgetSubject, type NewestAnswer, newestSubject, renderBrokerAccounts, type SnapshotCount, type SnapshotPage, snapshotSubject, streams } from '@steward/contracts';
import {
  ask,
  type Administration,
  askBrokerState,
  type Broker,
  type BrokerState,
  brokerStateSubject,
  connectBroker,
  createRpcClient,
  encodeHeaders,
  fromMessage,
  isHeaderFault,
  openAdministration,
  RawPublisher,
  StreamWatch,
} from '@steward/event-bus';
import { createLogger, loadEnv, type Service, systemClock } from '@steward/platform';
import { freePort, type Running, startNats } from '@steward/servers';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import { operationsEnv } from './operations.env';
import { createOperations, operationsMigrations } from './operations.service';

const logger = createLogger({ service: 'test', level: 'silent' });
const passwordOf = (user: string): string => `password-of-${user}`;
const state = streams.find((stream) => stream.name === 'PIM_STATE');
const catalogue = durables.find((durable) => durable.stream === 'PIM_STATE');
if (!state || !catalogue) throw new Error('the contracts have no PIM_STATE');

describe('operations', () => {
  let dir: string;
  let nats: Running;
  let database: TestDatabase;
  let service: Service | undefined;
  const closing: (() => Promise<unknown> | unknown)[] = [];

  const urlOf = (user: string): string => nats.url.replace('://', `://${user}:${passwordOf(user)}@`);
  const startOperations = async (more: Record<string, string> = {}): Promise<Service> => {
    service = await createOperations(
      loadEnv(operationsEnv, {
        DATABASE_URL: database.url,
        NATS_URL: urlOf('operations'),
        NATS_PROVISIONER_URL: urlOf('provisioner'),
        NATS_SYSTEM_URL: urlOf('system'),
        STEWARD_HEALTH_PORT: '0',
        STEWARD_OPERATIONS_PORT: '0',
        STEWARD_LOG_LEVEL: 'silent',
        STEWARD_PROVISIONER_EVERY_MS: '600000',
        ...more,
      }),
    );
    const started = service;
    // Every stream, and every durable of the desk on it: on a busy machine that takes its time.
    await eventually(async () => (await fetchText(`${started.url}/readyz`)).status === 200, { withinMs: 40_000 });
    return started;
  };
  const asService = (name: string) => {
    const client = createRpcClient({ url: urlOf(name), service: name });
    closing.push(() => client.close());
    const once = askBrokerState(client);
    // Tried again while connections come back after a restart, as StreamWatch does.
    return (request: Parameters<typeof once>[0]) => eventually(() => once(request));
  };
  const connectAs = async (user: string, apiPrefix?: string): Promise<Broker> => {
    const broker = await connectBroker({ url: urlOf(user), service: user, logger, ...(apiPrefix ? { apiPrefix } : {}) });
    closing.push(() => broker.close());
    return broker;
  };
  const administration = async (): Promise<Administration> => openAdministration(await connectAs('provisioner', '$JS.API'));
  const publisher = async (): Promise<(key: string, revision: number) => Promise<number>> => {
    const raw = new RawPublisher({ broker: await connectAs('pim') });
    closing.push(() => raw.close());
    return (key, revision) =>
      new Promise((resolve, reject) => {
        const subject = `evt.pim.product.v1.${key}`;
        const id = `01890a5d-ac96-774b-bcce-${(revision * 1_000_000 + Number(key.slice(1))).toString(16).padStart(12, '0')}`;
        const envelope = { id, type: 'pim.product.v1', source: '/steward/pim', subject, key, time: '2026-01-02T03:04:05.000Z', dataSchema: 'urn:steward:contract:product:v1', revision, sequence: null, correlationId: null, causationId: null, origin: 'live', tombstone: false, traceparent: null, body: '{}' } as const;
        raw.publish(subject, encodeHeaders(envelope), envelope.body, (outcome) => (outcome.kind === 'stored' ? resolve(outcome.sequence) : reject(outcome.error)));
      });
  };
  const publishMany = async (publish: (key: string, revision: number) => Promise<number>, from: number, to: number, revision = 1): Promise<void> => {
    // Tried again while the connection comes back after a restart.
    for (let key = from; key <= to; key += 1) await eventually(() => publish(`k${key}`, revision));
  };
  const restoreOlderStore = async (): Promise<void> => {
    await nats.kill();
    rmSync(join(dir, 'jetstream'), { recursive: true });
    cpSync(join(dir, 'backup'), join(dir, 'jetstream'), { recursive: true });
    await nats.restart();
  };
  const backup = async (): Promise<void> => {
    // Stopped for the copy, so that it is a state the server really had.
    await nats.stop();
    cpSync(join(dir, 'jetstream'), join(dir, 'backup'), { recursive: true });
    await nats.restart();
  };
  const drain = async (): Promise<number[]> => {
    const broker = await connectAs('gateway');
    const consumer = await broker.js.consumers.get(catalogue.stream, catalogue.name);
    const keys: number[] = [];
    for (;;) {
      const message = await consumer.next({ expires: 1_000 });
      if (!message) return keys;
      const envelope = fromMessage(message);
      if (!isHeaderFault(envelope)) keys.push(Number(envelope.key.slice(1)));
      await message.ackAck();
    }
  };

  beforeEach(async () => {
    dir = mkdtempSync(join(tmpdir(), 'steward-operations-'));
    nats = await startNats({ dir, port: await freePort(), config: renderBrokerAccounts({ passwordOf, systemPassword: passwordOf('system') }) });
    database = await testDatabase({ migrations: operationsMigrations });
  });
  afterEach(async () => {
    for (const close of closing.splice(0).reverse()) await close();
    await service?.stop();
    service = undefined;
    await nats.stop();
    await database.drop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('B7: makes every declared stream and durable on an empty broker, and answers what is there', async () => {
    await startOperations();
    const answer = await asService('pim')({ service: 'pim', recorded: {} });
    expect(Object.keys(answer.streams).toSorted()).toEqual(streams.map((stream) => stream.name).toSorted());
    expect(answer.durables).toEqual(Object.fromEntries(durables.map((durable) => [`${durable.name}@${durable.stream}`, 'ready'])));
    expect(answer.serverVersion).toMatch(/^2\./);
    const broker = await administration();
    for (const stream of streams) expect(await broker.inspectStream(stream)).toMatchObject({ differs: [], mark: { epoch: answer.streams[stream.name]?.epoch, floor: 0, sync: 'lazy' } });
    for (const durable of durables) expect(await broker.inspectDurable(durable)).toMatchObject({ differs: [], ackFloor: 0 });
    const ready = await fetchText(`${service?.url}/readyz`);
    expect(ready.status).toBe(200);
    const { text } = await fetchText(`${service?.url}/metrics`);
    for (const { name } of streams) expect(text).toMatch(new RegExp(`^steward_stream_last_sequence\\{stream="${name}"\\} 0`, 'm'));
    // An alert of losses has its series before the first one.
    for (const { name } of streams) expect(text).toMatch(new RegExp(`^steward_broker_losses_total\\{stream="${name}"\\} \\d`, 'm'));
  });

  it('keeps epochs over its own restart and over a kill of the broker', async () => {
    await startOperations();
    const before = await asService('pim')({ service: 'pim', recorded: {} });
    await service?.stop();
    await nats.kill();
    await nats.restart();
    await startOperations();
    const after = await asService('gateway')({ service: 'gateway', recorded: {} });
    expect(epochs(after)).toEqual(epochs(before));
  });

  it('B7: brings settings that somebody changed back in line', async () => {
    await startOperations();
    const broker = await connectAs('provisioner', '$JS.API');
    const manager = await broker.js.jetstreamManager(false);
    await manager.streams.update('PIM_STATE', { max_msgs_per_subject: 5 });
    await manager.consumers.update(catalogue.stream, catalogue.name, { max_deliver: 3 });
    await asService('pim')({ service: 'pim', recorded: {} });
    const found = await administration();
    expect(await found.inspectStream(state)).toMatchObject({ differs: [] });
    expect(await found.inspectDurable(catalogue)).toMatchObject({ differs: [] });
  });

  it('B2: a deleted durable is made again by itself and goes on where it was acknowledged', async () => {
    await startOperations({ STEWARD_PROVISIONER_EVERY_MS: '600000' });
    const publish = await publisher();
    await publishMany(publish, 1, 20);
    expect(await drain()).toHaveLength(20);
    await asService('pim')({ service: 'pim', recorded: {} });
    const broker = await administration();
    await publishMany(publish, 21, 25);
    await broker.deleteDurable(catalogue);
    // The broker's advisory is the wake-up; nobody asks.
    await eventually(async () => (await broker.inspectDurable(catalogue)) !== undefined);
    expect(await drain()).toEqual([21, 22, 23, 24, 25]);
  });

  it('B7: takes messages out of a stream at the wish of whoever sent them, and none that somebody has yet to read', async () => {
    await startOperations();
    const broker = await connectAs('provisioner', '$JS.API');
    const manager = await broker.js.jetstreamManager(false);
    const subjects = ['cmd.gateway.place-order.v1.o-1', 'cmd.gateway.place-order.v1.o-2', 'cmd.gateway.cancel-order.v1.o-1', 'evt.gateway.nothing.v1.o-1'] as const;
    const gateway = await connectAs('gateway');
    for (const subject of [subjects[0], subjects[1], subjects[0], subjects[2]]) await gateway.js.publish(subject, 'a person');
    const left = async (): Promise<Record<string, number>> => (await manager.streams.info('GATEWAY_COMMANDS', { subjects_filter: '>' })).state.subjects ?? {};
    const client = createRpcClient({ url: urlOf('gateway'), service: 'gateway' });
    closing.push(() => client.close());
    const forget = (...asked: string[]) => eventually(() => ask<ForgetAnswer>(client, forgetSubject('gateway'), { subjects: asked }));
    expect(await forget(subjects[0])).toEqual({ gone: [] });
    // The first of two is read: only that one goes.
    const consumer = await (await connectAs('oms')).js.consumers.get('GATEWAY_COMMANDS', 'oms-orders');
    await (await consumer.next({ expires: 5_000 }))?.ackAck();
    expect([await forget(subjects[0]), await left()]).toEqual([{ gone: [] }, { [subjects[0]]: 1, [subjects[1]]: 1, [subjects[2]]: 1 }]);
    for (let read = 0; read < 3; read += 1) await (await consumer.next({ expires: 5_000 }))?.ackAck();
    expect(await forget(subjects[0], 'cmd.gateway.place-order.v1.never-sent')).toEqual({ gone: [subjects[0], 'cmd.gateway.place-order.v1.never-sent'] });
    expect(await left()).toEqual({ [subjects[1]]: 1, [subjects[2]]: 1 });
    // Nobody reaches another's, nor a state, nor all at once.
    for (const subject of ['cmd.oms.export-order.v1.o-1', 'evt.pim.product.v1.p-1', 'cmd.gateway.place-order.v1.*', 'cmd.gateway.place-order.v1.>', subjects[3]]) {
      await expect(ask(client, forgetSubject('gateway'), { subjects: [subject] })).rejects.toThrow();
    }
    await expect(ask(client, forgetSubject('oms'), { subjects: ['cmd.oms.export-order.v1.o-1'] }, 1_000)).rejects.toThrow();
    // It was not lost, and nobody takes it for that.
    const epoch = (await manager.streams.info('GATEWAY_COMMANDS')).config.metadata?.['steward-epoch'];
    const recorded = { GATEWAY_COMMANDS: { epoch: epoch ?? '', sequence: 4, messageId: null } };
    expect((await asService('gateway')({ service: 'gateway', recorded })).streams['GATEWAY_COMMANDS']?.epoch).toBe(epoch);
  });

  it('O9: says how far the slowest durable of a stream is behind', async () => {
    await startOperations();
    const behind = async () => (await asService('pim')({ service: 'pim', recorded: {} })).streams['PIM_STATE']?.behind;
    const publish = await publisher();
    await publishMany(publish, 1, 20);
    expect(await behind()).toBe(20);
    await drain();
    expect(await behind()).toBe(0);
  });

  it('B10: a deleted stream gets a new epoch; its numbers go on, so the revision floor stays above every revision', async () => {
    await startOperations();
    const publish = await publisher();
    await publishMany(publish, 1, 20);
    const pim = asService('pim');
    const before = await pim({ service: 'pim', recorded: {} });
    const broker = await connectAs('provisioner', '$JS.API');
    await (await broker.js.jetstreamManager(false)).streams.delete('PIM_STATE');
    const after = await eventually(async () => {
      const answer = await pim({ service: 'pim', recorded: {} });
      return answer.streams['PIM_STATE']?.epoch !== before.streams['PIM_STATE']?.epoch && answer;
    });
    expect(after.streams['PIM_EVENTS']?.epoch).toBe(before.streams['PIM_EVENTS']?.epoch);
    expect(after.streams['PIM_STATE']).toMatchObject({ lastSequence: 20, lastMessageId: null, revisionFloor: 20 });
    expect(await publish('k1', 2)).toBe(21);
    expect(await drain()).toEqual([1]);
    expect((await database.pool.query(`select reason from broker_epoch where stream = 'PIM_STATE' order by id`)).rows).toEqual([{ reason: 'first seen' }, { reason: 'the stream is gone' }]);
  });

  it('I3: numbers of a later life of a database are noted when they are seen, and stay known when their stream is gone', async () => {
    await startOperations();
    const publish = await publisher();
    await publishMany(publish, 1, 3);
    const pim = asService('pim');
    const life = 2 ** 50;
    expect(await publish('k1', life + 7)).toBe(4);
    expect((await pim({ service: 'pim', recorded: {} })).streams['PIM_STATE']?.revisionFloor).toBe(life + 7 + 4);
    expect(await publish('k2', life + 8)).toBe(5);
    // Nothing is written for what the count covers.
    expect((await pim({ service: 'pim', recorded: {} })).streams['PIM_STATE']?.revisionFloor).toBe(life + 7 + 5);
    expect(await (await administration()).inspectStream(state)).toMatchObject({ mark: { floor: life + 7 }, lastNumber: life + 8 });
    const broker = await connectAs('provisioner', '$JS.API');
    await (await broker.js.jetstreamManager(false)).streams.delete('PIM_STATE');
    await eventually(async () => ((await pim({ service: 'pim', recorded: {} })).streams['PIM_STATE']?.revisionFloor ?? 0) >= life + 7 + 5);
  });

  it('B1, B2: a tail lost by the restore of an older store is found by the fallen last sequence; the durable that was ahead delivers again', async () => {
    await startOperations();
    const publish = await publisher();
    await publishMany(publish, 1, 10);
    await backup();
    await publishMany(publish, 11, 30);
    expect(await drain()).toHaveLength(30);
    const pim = asService('pim');
    const before = await pim({ service: 'pim', recorded: {} });
    await restoreOlderStore();
    const after = await eventually(async () => {
      const answer = await pim({ service: 'pim', recorded: {} });
      return answer.streams['PIM_STATE']?.epoch !== before.streams['PIM_STATE']?.epoch && answer;
    });
    // Numbers 11–30 are given a second time; the floor counts the first time too.
    expect(after.streams['PIM_STATE']?.revisionFloor).toBe(40);
    await publishMany(publish, 31, 35);
    expect((await drain()).toSorted((a, b) => a - b)).toEqual([1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 31, 32, 33, 34, 35]);
  });

  it('B10: a lost tail that was refilled before anybody looked is believed on the proof of the owner', async () => {
    await startOperations();
    const publish = await publisher();
    await publishMany(publish, 1, 10);
    const pim = asService('pim');
    const epoch = (await pim({ service: 'pim', recorded: {} })).streams['PIM_STATE']?.epoch ?? '';
    await backup();
    await publishMany(publish, 11, 20);
    await restoreOlderStore();
    await publishMany(publish, 90, 120);
    const recorded = { PIM_STATE: { epoch, sequence: 20 } };
    const answer = await pim({ service: 'pim', recorded, tailLossProof: { stream: 'PIM_STATE', sequence: 11 } });
    expect(answer.streams['PIM_STATE']?.epoch).not.toBe(epoch);
    // The same proof once more is about the old epoch: no second one.
    const again = await pim({ service: 'pim', recorded, tailLossProof: { stream: 'PIM_STATE', sequence: 11 } });
    expect(epochs(again)).toEqual(epochs(answer));
  });

  it('B10: an acknowledgement beyond the end of the stream is enough, also when operations itself had seen nothing of it', async () => {
    await startOperations();
    const pim = asService('pim');
    const epoch = (await pim({ service: 'pim', recorded: {} })).streams['PIM_STATE']?.epoch ?? '';
    const answer = await pim({ service: 'pim', recorded: { PIM_STATE: { epoch, sequence: 7 } } });
    expect(answer.streams['PIM_STATE']?.epoch).not.toBe(epoch);
    expect(answer.streams['PIM_STATE']?.revisionFloor).toBe(7);
  });

  it('finishes a repair that was interrupted between register and broker', async () => {
    await startOperations();
    await asService('pim')({ service: 'pim', recorded: {} });
    await service?.stop();
    await database.pool.query(`update broker_stream set epoch = 'half-done', floor = 500, applied = false where stream = 'PIM_STATE'`);
    await startOperations();
    const answer = await asService('erp')({ service: 'erp', recorded: {} });
    expect(answer.streams['PIM_STATE']).toMatchObject({ epoch: 'half-done', revisionFloor: 500 });
    expect(await (await administration()).inspectStream(state)).toMatchObject({ mark: { epoch: 'half-done', floor: 500 } });
  });

  it('refuses a malformed question instead of taking it for evidence', async () => {
    await startOperations();
    const client = createRpcClient({ url: urlOf('pim'), service: 'pim' });
    closing.push(() => client.close());
    await expect(ask(client, brokerStateSubject, { service: 'pim', recorded: { PIM_STATE: { sequence: 'many' } } })).rejects.toThrow();
    expect((await asService('pim')({ service: 'pim', recorded: {} })).streams['PIM_STATE']).toBeDefined();
  });

  it('X4: tells reconciliation, and nobody else, what is newest under a subject, without its content', async () => {
    await startOperations();
    const publish = await publisher();
    await publishMany(publish, 1, 3);
    const asked = (name: string) => {
      const client = createRpcClient({ url: urlOf(name), service: name });
      closing.push(() => client.close());
      return eventually(() => ask<NewestAnswer>(client, newestSubject, { stream: 'PIM_STATE', subjects: ['evt.pim.product.v1.k2', 'evt.pim.product.v1.k9'] }, 2_000));
    };
    const { newest } = await asked('reconciliation');
    expect(newest).toEqual([
      { subject: 'evt.pim.product.v1.k2', stored: { sequence: expect.any(Number), messageId: expect.any(String), revision: 1 } },
      { subject: 'evt.pim.product.v1.k9', stored: null },
    ]);
    const pim = createRpcClient({ url: urlOf('pim'), service: 'pim' });
    closing.push(() => pim.close());
    await expect(ask(pim, newestSubject, { stream: 'PIM_STATE', subjects: ['evt.pim.product.v1.k2'] }, 500)).rejects.toThrow();
  });

  it('announces nothing, and says so to whoever rebuilds from it or counts what it would say', async () => {
    await startOperations();
    const client = createRpcClient({ url: urlOf('operations'), service: 'operations' });
    closing.push(() => client.close());
    expect(await eventually(() => ask<SnapshotPage & SnapshotCount>(client, snapshotSubject('operations'), { entity: 'case' }, 2_000))).toEqual({ items: [], next: null, count: 0 });
  });

  it('B1: attests what the broker says about its disk, and a service that wants more refuses it', async () => {
    await startOperations();
    const broker = await connectAs('pim');
    const watch = (refuseLazyBroker: boolean): StreamWatch => {
      const made = new StreamWatch({ service: 'pim', streams: ['PIM_STATE'], broker, ask: asService('pim'), clock: systemClock, logger, refuseLazyBroker });
      closing.push(() => made.stop());
      made.start();
      return made;
    };
    expect((await watch(false).ready(10_000)).syncAlways).toBe(false);
    await expect(watch(true).ready(10_000)).rejects.toMatchObject({ code: 'BROKER_LAZY' });
    await nats.stop();
    nats = await startNats({ dir, port: Number(new URL(nats.url).port), syncAlways: true, config: renderBrokerAccounts({ passwordOf, systemPassword: passwordOf('system') }) });
    const pim = asService('pim');
    await eventually(async () => (await pim({ service: 'pim', recorded: {} })).syncAlways);
    await expect(watch(true).ready(10_000)).resolves.toMatchObject({ syncAlways: true });
  });
});

const epochs = (answer: BrokerState): Record<string, string> => Object.fromEntries(Object.entries(answer.streams).map(([name, stream]) => [name, stream.epoch]));

async function fetchText(url: string): Promise<{ status: number; text: string }> {
  const response = await fetch(url);
  return { status: response.status, text: await response.text() };
}

import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { AckPolicy, jetstream, jetstreamManager, type JetStreamManager } from '@nats-io/jetstream';
import { connect, createInbox, type NatsConnection, type Subscription } from '@nats-io/transport-node';
import { freePort, type Running, startNats } from '@steward/servers';
import { eventually } from '@steward/testing';
import { brokerAccess, contracts, durableApi, durables, inboxPrefixOf, JETSTREAM_PREFIX, PROVISIONER, renderBrokerAccounts, streams, subjectOf } from './index';

const passwordOf = (user: string): string => `secret of ${user}`;
const rendered = renderBrokerAccounts({ passwordOf });
/** The walls alone: what still holds when somebody widens a permission list. */
const wallsAlone = rendered.replaceAll(/, permissions: \{.*\} \}\]/g, ' }]');

/** Every subject that any service may announce or send on, with a real key in it. */
const announced = contracts.flatMap((contract) => contract.systems.map((system) => ({ system, subject: subjectOf(contract, system, 'key') })));

/** Inbox prefix of each connection; the client keeps it to itself. */
const inboxes = new WeakMap<NatsConnection, string>();

type Answer = 'answered' | 'refused' | 'silent';

/** What the server's JetStream says to an account that has none. */
const NOT_ENABLED_FOR_ACCOUNT = 10039;

async function request(connection: NatsConnection, subject: string, body = ''): Promise<Answer> {
  try {
    // A pulled message arrives under its own subject: the client's shared reply inbox would not know whose it is.
    const message = await connection.request(subject, body, { timeout: 2_000, noMux: true, reply: createInbox(inboxes.get(connection)) });
    if (message.reply?.startsWith('$JS.ACK.')) connection.publish(message.reply, '+ACK');
    return message.string().includes(`"err_code":${NOT_ENABLED_FOR_ACCOUNT}`) ? 'refused' : 'answered';
  } catch (error) {
    return (error as Error).name === 'TimeoutError' ? 'silent' : 'refused';
  }
}

describe.each([
  ['the accounts as rendered', rendered],
  ['the accounts without their permission lists', wallsAlone],
])('on a real nats-server, %s', (_title, config) => {
  const dir = mkdtempSync(join(tmpdir(), 'steward-accounts-'));
  const services = new Map<string, NatsConnection>();
  let server: Running;
  let provisioner: NatsConnection;
  let manager: JetStreamManager;

  const open = async (user: string): Promise<NatsConnection> => {
    const connection = await connect({ servers: server.url, user, pass: passwordOf(user), inboxPrefix: inboxPrefixOf(user), reconnect: false });
    inboxes.set(connection, inboxPrefixOf(user));
    return connection;
  };
  const as = (service: string): NatsConnection => {
    const connection = services.get(service);
    if (connection === undefined) throw new Error(`${service} is not connected`);
    return connection;
  };
  const stored = async (): Promise<number> => {
    let messages = 0;
    for (const { name } of streams) messages += (await manager.streams.info(name)).state.messages;
    return messages;
  };
  const settled = async (): Promise<void> => {
    for (const connection of services.values()) await connection.flush();
    // What was published before is handled before what is asked after, on the same connection to the same account.
    await manager.getAccountInfo();
  };

  beforeAll(async () => {
    server = await startNats({ dir, port: await freePort(), config });
    provisioner = await open(PROVISIONER);
    manager = await jetstreamManager(provisioner);
    for (const stream of streams) await manager.streams.add({ name: stream.name, subjects: [...stream.subjects], max_msgs_per_subject: stream.maxMsgsPerSubject });
    for (const durable of durables) await manager.consumers.add(durable.stream, { durable_name: durable.name, ack_policy: AckPolicy.Explicit, filter_subjects: [...durable.filterSubjects] });
    for (const { service, answers } of brokerAccess) {
      const connection = await open(service);
      services.set(service, connection);
      for (const subject of answers) connection.subscribe(subject, { callback: (_fault, message) => void message.respond(service) });
      await connection.flush();
    }
  });

  afterAll(async () => {
    for (const connection of services.values()) await connection.close();
    await provisioner?.close();
    await server?.stop();
    rmSync(dir, { recursive: true, force: true });
  });

  it('has permission lists in one of the two configurations only', () => {
    expect(config.includes('permissions')).toBe(config === rendered);
  });

  it('stores what a service announces about its own entities, and refuses every other service', async () => {
    for (const { system, subject } of announced) {
      for (const { service } of brokerAccess) {
        const before = await stored();
        const publishing = jetstream(as(service), { apiPrefix: JETSTREAM_PREFIX }).publish(subject, '{}', { msgID: `${service} ${subject}`, retries: 0 });
        if (service === system) {
          expect((await publishing).duplicate).toBe(false);
        } else {
          await expect(publishing).rejects.toThrow();
          expect({ service, subject, stored: await stored() }).toEqual({ service, subject, stored: before });
        }
      }
    }
  });

  it('refuses an own subject that no contract declares', async () => {
    for (const subject of ['evt.pim.product.v9.key', 'evt.pim.price.v1.key', 'evt.pim.product.v1.key.more']) {
      expect([subject, await request(as('pim'), subject)]).toEqual([subject, 'refused']);
    }
  });

  it('lets each service pull, look at and acknowledge its own durables only', async () => {
    for (const durable of durables) {
      const { next, info } = durableApi(durable);
      for (const { service } of brokerAccess) {
        const expected = service === durable.service ? 'answered' : 'refused';
        const pull = JSON.stringify({ no_wait: true, batch: 1 });
        expect([service, next, await request(as(service), `${JETSTREAM_PREFIX}.${next}`, pull)]).toEqual([service, next, expected]);
        expect([service, info, await request(as(service), `${JETSTREAM_PREFIX}.${info}`)]).toEqual([service, info, expected]);
        expect([service, info, await request(as(service), `$JS.API.${info}`)]).toEqual([service, info, 'refused']);
      }
    }
  });

  it('gives the gateway the message under its own subject, and its acknowledgement moves the floor', async () => {
    const sent = await jetstream(as('pim'), { apiPrefix: JETSTREAM_PREFIX }).publish('evt.pim.product.v1.whole-way', '{"id":"whole-way"}');
    const own = await jetstreamManager(as('gateway'), { apiPrefix: JETSTREAM_PREFIX, checkAPI: false });
    const consumer = await jetstream(as('gateway'), { apiPrefix: JETSTREAM_PREFIX }).consumers.get('PIM_STATE', 'gateway-catalogue');
    const messages = await consumer.fetch({ max_messages: 100, expires: 1_000 });
    const subjects: string[] = [];
    for await (const message of messages) {
      subjects.push(message.subject);
      message.ack();
    }
    expect(subjects).toContain('evt.pim.product.v1.whole-way');
    await eventually(async () => (await own.consumers.info('PIM_STATE', 'gateway-catalogue')).num_ack_pending === 0);
    expect((await manager.consumers.info('PIM_STATE', 'gateway-catalogue')).delivered.stream_seq).toBeGreaterThanOrEqual(sent.seq);
  });

  it('lets nobody acknowledge for the gateway', async () => {
    await jetstream(as('pim'), { apiPrefix: JETSTREAM_PREFIX }).publish('evt.pim.product.v1.not-yet', '{}');
    const consumer = await jetstream(as('gateway'), { apiPrefix: JETSTREAM_PREFIX }).consumers.get('PIM_STATE', 'gateway-catalogue');
    // The pull inbox holds the one message whose acknowledgement is forged below.
    let reply = '';
    for await (const message of await consumer.fetch({ max_messages: 1, expires: 2_000 })) {
      const sequence = message.info.deliverySequence;
      reply = `$JS.ACK.PIM_STATE.gateway-catalogue.1.${message.seq}.${sequence}.${message.info.timestampNanos}.0`;
    }
    expect(reply).not.toBe('');
    for (const service of ['pim', 'erp', 'pricing', 'operations']) as(service).publish(reply, '+ACK');
    await settled();
    expect((await manager.consumers.info('PIM_STATE', 'gateway-catalogue')).num_ack_pending).toBe(1);
    as('gateway').publish(reply, '+ACK');
    await eventually(async () => (await manager.consumers.info('PIM_STATE', 'gateway-catalogue')).num_ack_pending === 0);
  });

  it('B7: lets no service create, change, purge or delete a stream or a durable, or read a message', async () => {
    const calls: readonly (readonly [string, object])[] = [
      ['STREAM.CREATE.MINE', { name: 'MINE', subjects: ['mine.>'] }],
      ['STREAM.UPDATE.PIM_STATE', { name: 'PIM_STATE', subjects: ['evt.pim.>', 'mine.>'] }],
      ['STREAM.PURGE.PIM_STATE', {}],
      ['STREAM.DELETE.PIM_STATE', {}],
      ['STREAM.INFO.PIM_STATE', {}],
      ['STREAM.NAMES', {}],
      ['STREAM.MSG.GET.PIM_STATE', { seq: 1 }],
      ['STREAM.MSG.DELETE.PIM_STATE', { seq: 1 }],
      ['DIRECT.GET.PIM_STATE', { seq: 1 }],
      ['DIRECT.GET.PIM_STATE.evt.pim.product.v1.key', {}],
      ['CONSUMER.CREATE.PIM_STATE', { stream_name: 'PIM_STATE', config: { ack_policy: 'none', deliver_subject: 'mine.x' } }],
      ['CONSUMER.DURABLE.CREATE.PIM_STATE.mine', { stream_name: 'PIM_STATE', config: { durable_name: 'mine' } }],
      ['CONSUMER.DELETE.PIM_STATE.gateway-catalogue', {}],
      ['CONSUMER.MSG.NEXT.PIM_STATE.mine', {}],
    ];
    const before = await stored();
    for (const { service } of brokerAccess) {
      for (const prefix of ['$JS.API', JETSTREAM_PREFIX]) {
        for (const [call, body] of calls) {
          expect([service, prefix, call, await request(as(service), `${prefix}.${call}`, JSON.stringify(body))]).toEqual([service, prefix, call, 'refused']);
        }
      }
    }
    expect(await stored()).toBe(before);
  });

  it('B9: stores nothing through a forged reply subject', async () => {
    const victims = announced.map(({ system, subject }) => ({ system, subject: `${subject}-forged` }));
    // Whatever is answered by the server or by another service.
    const doors = [
      ...durables.flatMap((durable) => {
        const { next, info, ack } = durableApi(durable);
        return [`${JETSTREAM_PREFIX}.${next}`, `${JETSTREAM_PREFIX}.${info}`, ack.replace('>', '1.1.1.1.0'), `$JS.API.${info}`, `$JS.API.${next}`];
      }),
      ...brokerAccess.flatMap((access) => access.requests),
      '$JS.API.INFO',
      `${JETSTREAM_PREFIX}.INFO`,
    ];
    for (const { service } of brokerAccess) {
      for (const door of doors) {
        for (const victim of victims) {
          // Its own subjects it may publish on anyway.
          if (victim.system === service) continue;
          as(service).publish(door, JSON.stringify({ no_wait: true, batch: 1 }), { reply: victim.subject });
        }
      }
      // Tens of thousands in one go would be all that the broker does for longer than an answer may take.
      await as(service).flush();
    }
    const before = await stored();
    await settled();
    for (const { service } of brokerAccess) await request(as(service), 'rpc.operations.broker-state');
    await settled();
    expect(await stored()).toBe(before);
    for (const { name } of streams) {
      const { state } = await manager.streams.info(name, { subjects_filter: '>' });
      expect(Object.keys(state.subjects ?? {}).filter((subject) => subject.includes('forged'))).toEqual([]);
    }
  });

  it('answers request and reply across accounts as declared, and no other', async () => {
    const questions = [...new Set(brokerAccess.flatMap((access) => [...access.requests, ...access.answers]))];
    expect(questions).toEqual(expect.arrayContaining(['rpc.pim.held', 'rpc.gateway.letters', 'rpc.reconciliation.run', 'rpc.operations.snapshot', 'rpc.operations.broker-state']));
    for (const access of brokerAccess) {
      for (const question of questions) {
        // Who answers it sees its own subject when there is no permission list; that tells it nothing new.
        if (access.answers.includes(question)) continue;
        const expected = access.requests.includes(question) ? 'answered' : 'refused';
        expect([access.service, question, await request(as(access.service), question)]).toEqual([access.service, question, expected]);
      }
    }
  });

  it('keeps every inbox private', async () => {
    const asked = await open('gateway');
    const spies: Subscription[] = [];
    const heard: string[] = [];
    const faults: unknown[] = [];
    for (const service of ['pim', 'erp', 'pricing', 'operations']) {
      for (const subject of ['_INBOX_gateway.>', '_INBOX.>', '>', 'evt.>']) {
        const spy = await open(service);
        services.set(`${service} spies on ${subject}`, spy);
        spies.push(spy.subscribe(subject, { callback: (fault, message) => void (fault ? faults.push(fault) : heard.push(`${service} ${message.subject} ${message.string()}`)) }));
        await spy.flush();
      }
    }
    expect(await request(asked, 'rpc.operations.broker-state', 'for gateway only')).toBe('answered');
    await jetstream(as('pim'), { apiPrefix: JETSTREAM_PREFIX }).publish('evt.pim.product.v1.private', '{}');
    for (const spy of services.values()) await spy.flush();
    await manager.getAccountInfo();
    for (const spy of services.values()) await spy.flush();
    // Without permission lists a service still hears what passes in its own account: its own facts and answers, and questions to it.
    expect(heard.filter((line) => !/^(pim (evt\.pim|_INBOX_pim)\.|operations (rpc\.operations\.|_R_))/.test(line))).toEqual([]);
    if (config === rendered) await eventually(() => faults.length === spies.length);
    for (const spy of spies) spy.unsubscribe();
    await asked.close();
  });
});

describe('the test of forged replies', () => {
  it('B9: sees the forgery that one account with permission lists lets through', async () => {
    const dir = mkdtempSync(join(tmpdir(), 'steward-one-account-'));
    const allowed = '$JS.API.CONSUMER.INFO.PIM_STATE.gateway-catalogue';
    const config = `accounts { ALL { jetstream: enabled, users: [
      { user: provisioner, password: x }
      { user: gateway, password: x, permissions: { publish: { allow: ["${allowed}"] }, subscribe: { allow: ["_INBOX_gateway.>"] } } }
    ] } }`;
    const server = await startNats({ dir, port: await freePort(), config });
    const provisioner = await connect({ servers: server.url, user: 'provisioner', pass: 'x' });
    const gateway = await connect({ servers: server.url, user: 'gateway', pass: 'x', inboxPrefix: '_INBOX_gateway' });
    try {
      const manager = await jetstreamManager(provisioner);
      await manager.streams.add({ name: 'PIM_STATE', subjects: ['evt.pim.product.*.*'] });
      await manager.consumers.add('PIM_STATE', { durable_name: 'gateway-catalogue', ack_policy: AckPolicy.Explicit });
      gateway.publish(allowed, '', { reply: 'evt.pim.product.v1.forged' });
      await eventually(async () => (await manager.streams.info('PIM_STATE')).state.messages === 1);
    } finally {
      await gateway.close();
      await provisioner.close();
      await server.stop();
      rmSync(dir, { recursive: true, force: true });
    }
  });
});

it('the accounts with variables for passwords let in who has the password that the server’s variable holds', async () => {
  const dir = mkdtempSync(join(tmpdir(), 'steward-accounts-'));
  const users = [...brokerAccess.map(({ service }) => service), PROVISIONER, 'system'];
  const variableOf = (user: string) => ({ variable: `PASSWORD_${user.toUpperCase()}` });
  const held = users.map((user) => `${variableOf(user).variable}: "secret of ${user}"\n`).join('');
  const server = await startNats({ dir, port: await freePort(), config: held + renderBrokerAccounts({ passwordOf: variableOf, systemPassword: variableOf('system') }) });
  try {
    const enter = async (user: string, pass: string) => (await connect({ servers: server.url, user, pass, reconnect: false })).close();
    for (const user of users) await enter(user, passwordOf(user));
    for (const user of users) await expect(enter(user, `$${variableOf(user).variable}`)).rejects.toThrow(/authorization/i);
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
});

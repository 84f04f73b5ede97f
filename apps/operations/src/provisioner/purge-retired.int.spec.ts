import { connect } from '@nats-io/transport-node';
import { type Contract, durables, stockLevel, streams } from '@steward/contracts';
import { type Administration, connectBroker, openAdministration } from '@steward/event-bus';
import { createLogger } from '@steward/platform';
import { testBroker, type TestBroker } from '@steward/testing';
import { purgeRetired } from './purge-retired';

const logger = createLogger({ service: 'test', level: 'silent' });
const v2 = { ...(stockLevel as Contract), major: 2 };
const v1 = { entity: 'stock-level', major: 1 };

describe('what was said in a retired version', () => {
  let nats: TestBroker;
  let administration: Administration;
  let close: () => Promise<unknown>;
  beforeAll(async () => {
    // As the accounts of a build that has the second version name them.
    nats = await testBroker({ accounts: (config) => config.replaceAll('evt.erp.stock-level.v1.', 'evt.erp.stock-level.*.') });
    const broker = await connectBroker({ url: nats.urlOf('provisioner'), service: 'provisioner', logger, apiPrefix: '$JS.API' });
    close = () => broker.close();
    administration = await openAdministration(broker);
  });
  afterAll(async () => {
    await close();
    await nats.stop();
  });

  const say = async (...subjects: string[]): Promise<void> => {
    const [, user = '', pass = ''] = /\/\/([^:]+):([^@]+)@/.exec(nats.urlOf('erp')) ?? [];
    const client = await connect({ servers: new URL(nats.urlOf('erp')).host, user, pass, inboxPrefix: '_INBOX_erp' });
    for (const subject of subjects) await client.request(subject, '{}', { timeout: 5_000 });
    await client.close();
  };
  const purge = (...retired: { entity: string; major: number }[]) => purgeRetired({ administration, streams, durables, said: [v2], logger }, retired);
  const left = () => nats.asProvisioner(async (manager) => Object.keys((await manager.streams.info('ERP_STATE', { subjects_filter: 'evt.erp.stock-level.>' })).state.subjects ?? {}).map((subject) => subject.split('.').slice(3).join('.')).toSorted());
  /** As every reader of the stream would: up to what is there now. */
  const readAll = () => nats.asProvisioner(async (manager) => {
    const { state } = await manager.streams.info('ERP_STATE');
    for (const durable of durables.filter(({ stream }) => stream === 'ERP_STATE')) {
      await manager.consumers.delete('ERP_STATE', durable.name);
      await manager.consumers.add('ERP_STATE', { durable_name: durable.name, ack_policy: 'explicit' as never, deliver_policy: 'by_start_sequence' as never, opt_start_seq: state.last_seq + 1 });
    }
  });

  it('B7: goes when everybody has read it and a newer version is there, and never what is said today or not retired', async () => {
    await say('evt.erp.stock-level.v1.a', 'evt.erp.stock-level.v1.b');
    await readAll();
    // Nothing would be left of the stream.
    await purge(v1);
    expect(await left()).toEqual(['v1.a', 'v1.b']);
    await say('evt.erp.stock-level.v2.a');
    await readAll();
    await purge();
    await purge({ entity: 'stock-level', major: 2 }, { entity: 'stock-level', major: 3 }, { entity: 'nothing', major: 1 });
    expect(await left()).toEqual(['v1.a', 'v1.b', 'v2.a']);
    await purge(v1);
    expect(await left()).toEqual(['v2.a']);
    // An older build that says it all the same: it stays until it was read.
    await say('evt.erp.stock-level.v1.c');
    await purge(v1);
    expect(await left()).toEqual(['v1.c', 'v2.a']);
    await readAll();
    await purge(v1);
    expect(await left()).toEqual(['v2.a']);
  });
});

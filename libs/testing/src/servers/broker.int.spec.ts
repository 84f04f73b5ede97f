import { durables, inboxPrefixOf, product, streams, subjectOf } from '@steward/contracts';
import { connect } from '@nats-io/transport-node';
import { testBroker } from './broker';

describe('testBroker', () => {
  it('has the declared streams and durables, and keeps them over kill -9', async () => {
    const broker = await testBroker();
    try {
      await broker.kill();
      await broker.restart();
      const found = await broker.asProvisioner(async (manager) => ({
        streams: (await manager.streams.list().next()).map((stream) => stream.config.name).toSorted(),
        durables: (await Promise.all(durables.map((durable) => manager.consumers.info(durable.stream, durable.name)))).map((info) => info.name),
      }));
      expect(found.streams).toEqual(streams.map((stream) => stream.name).toSorted());
      expect(found.durables).toEqual(durables.map((durable) => durable.name));
    } finally {
      await broker.stop();
    }
  });

  it('lets a service do what its account may and nothing else', async () => {
    const broker = await testBroker();
    const publishAs = async (user: string): Promise<string> => {
      const { host, username, password } = new URL(broker.urlOf(user));
      const connection = await connect({ servers: host, user: username, pass: password, inboxPrefix: inboxPrefixOf(user) });
      try {
        const answer = await connection.request(subjectOf(product, 'pim', 'p-1'), '{}', { timeout: 2_000 });
        return (answer.json() as { stream: string }).stream;
      } catch (fault) {
        return (fault as Error).name;
      } finally {
        await connection.close();
      }
    };
    try {
      expect(await publishAs('pim')).toBe('PIM_STATE');
      expect(await publishAs('gateway')).not.toBe('PIM_STATE');
      expect(await broker.asProvisioner(async (manager) => (await manager.streams.info('PIM_STATE')).state.messages)).toBe(1);
    } finally {
      await broker.stop();
    }
  });
});

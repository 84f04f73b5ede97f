import { createLogger, type StewardError } from '@steward/platform';
import { eventually, failOnLeaks, testBroker, type TestBroker } from '@steward/testing';
import { connectBroker, connectionOptions } from './connect';
import { RawPublisher } from './raw-publisher';

const logger = createLogger({ service: 'test', level: 'silent' });

describe('connectBroker', () => {
  let nats: TestBroker;
  beforeAll(async () => {
    nats = await testBroker();
  });
  afterAll(() => nats.stop());
  failOnLeaks();

  it('B3: never gives up, keeps its jitter, and is not ended by a refused login', () => {
    const options = connectionOptions({ url: 'nats://pim:p%40ss@one:4222,nats://pim:p%40ss@two:4222', service: 'pim' });
    expect(options).toMatchObject({ servers: ['one:4222', 'two:4222'], user: 'pim', pass: 'p@ss', maxReconnectAttempts: -1, ignoreAuthErrorAbort: true, inboxPrefix: '_INBOX_pim' });
    const delays = new Set(Array.from({ length: 50 }, () => options.reconnectDelayHandler?.() ?? 0));
    expect(delays.size).toBeGreaterThan(10);
    expect(Math.max(...delays)).toBeLessThanOrEqual(2_000);
  });

  it('B3: is back after a restart of the broker and says so', async () => {
    const broker = await connectBroker({ url: nats.urlOf('pim'), service: 'pim', logger });
    const seen: string[] = [];
    broker.onReconnect(() => seen.push('up'));
    broker.onDisconnect(() => seen.push('down'));
    await nats.kill();
    await eventually(() => broker.status() === 'down');
    await nats.restart();
    await eventually(() => broker.status() === 'up');
    expect(seen).toEqual(['down', 'up']);
    await broker.close();
  });

  it('B3: a connection that is closed for good though nobody asked is fatal', async () => {
    const fatal: StewardError[] = [];
    const broker = await connectBroker({ url: nats.urlOf('pim'), service: 'pim', logger, onFatal: (error) => fatal.push(error) });
    await broker.nc.close();
    await eventually(() => fatal[0]?.code === 'BROKER_CLOSED');
    await broker.close();
  });

  it('names a wrong password and a broker that is not there', async () => {
    const wrong = nats.urlOf('pim').replace('password-of-pim', 'guess');
    await expect(connectBroker({ url: wrong, service: 'pim', logger, firstConnectWithinMs: 0 })).rejects.toMatchObject({ code: 'BROKER_REFUSED' });
    await expect(connectBroker({ url: 'nats://127.0.0.1:1', service: 'pim', logger, firstConnectWithinMs: 0 })).rejects.toMatchObject({ code: 'BROKER_UNREACHABLE' });
  });

  it('B5: what is in flight when the connection breaks is unknown at once', async () => {
    const broker = await connectBroker({ url: nats.urlOf('pim'), service: 'pim', logger });
    const publisher = new RawPublisher({ broker, timeoutMs: 60_000 });
    const outcomes: string[] = [];
    await nats.kill();
    publisher.publish('evt.pim.product.v1.a', Buffer.from('NATS/1.0\r\n\r\n'), '{}', (outcome) => outcomes.push(outcome.kind));
    await eventually(() => outcomes.length === 1);
    expect(outcomes).toEqual(['unknown']);
    publisher.close();
    await nats.restart();
    await eventually(() => broker.status() === 'up');
    await broker.close();
  });

  it('B3: a subject without a stream is named for what it is, not as "jetstream is not enabled"', async () => {
    const broker = await connectBroker({ url: nats.urlOf('pim'), service: 'pim', logger });
    const publisher = new RawPublisher({ broker });
    await nats.asProvisioner((manager) => manager.streams.delete('PIM_STATE'));
    const outcome = await new Promise<unknown>((resolve) => publisher.publish('evt.pim.product.v1.a', Buffer.from('NATS/1.0\r\n\r\n'), '{}', resolve));
    expect(outcome).toMatchObject({ kind: 'no-stream', error: { code: 'BROKER_STREAM_MISSING' } });
    await nats.provision();
    publisher.close();
    await broker.close();
  });
});

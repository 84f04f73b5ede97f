import { createHmac } from 'node:crypto';
import { createServer, type IncomingHttpHeaders, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { eventually, failOnLeaks } from '@steward/testing';
import { aProduct, startTrial, type Trial } from '../trial.client';
import { LATE_WEBHOOK_MS } from './announcer';

interface Received {
  headers: IncomingHttpHeaders;
  raw: string;
  at: number;
}

describe('webhooks', () => {
  let trial: Trial;
  let subscriber: Server;
  let received: Received[];
  let answers: number[];

  beforeEach(async () => {
    received = [];
    answers = [];
    subscriber = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        received.push({ headers: request.headers, raw: Buffer.concat(chunks).toString(), at: performance.now() });
        response.statusCode = answers.shift() ?? 204;
        response.end();
      });
    });
    await new Promise<void>((done) => subscriber.listen(0, '127.0.0.1', done));
    const { port } = subscriber.address() as AddressInfo;
    trial = await startTrial({ STEWARD_SANDBOX_WEBHOOKS: `pim=http://127.0.0.1:${port}/webhooks/sandbox`, STEWARD_SANDBOX_WEBHOOK_SECRET: 'whisper' });
  });

  afterEach(async () => {
    await trial.stop();
    subscriber.closeAllConnections();
    await new Promise((done) => subscriber.close(done));
  });

  const events = () => received.flatMap(({ raw }) => (JSON.parse(raw) as { events: { collection: string; id: string }[] }).events);
  const ids = () => events().map(({ id }) => id);

  test('name what changed and are signed over the timestamp and the raw body', async () => {
    await trial.control('PUT', '/pim/products/gr%C3%B6%C3%9Fe', aProduct());
    const [hook] = await eventually(() => received.length > 0 && received);
    const timestamp = String(hook?.headers['x-sandbox-timestamp']);
    expect(Math.abs(Date.now() / 1000 - Number(timestamp))).toBeLessThan(10);
    expect(hook?.headers['x-sandbox-signature']).toBe(`sha256=${createHmac('sha256', 'whisper').update(`${timestamp}.${hook?.raw}`).digest('hex')}`);
    expect(events()).toEqual([{ collection: 'products', id: 'größe', at: expect.stringMatching(/^\d{4}-/) }]);
  });

  test('are sent together, and a deletion is told like a change', async () => {
    await trial.control('POST', '/pim/products', Array.from({ length: 800 }, (_, index) => ({ id: `p${index}`, ...aProduct() })));
    await eventually(() => ids().length === 800);
    expect(received.length).toBe(2);
    await trial.control('DELETE', '/pim/products/p7');
    await eventually(() => ids().length === 801);
    expect(ids().at(-1)).toBe('p7');
  });

  test('follow a commit, not a stamp', async () => {
    await trial.control('PUT', '/pim/products/late?commitAfterMs=2000', aProduct());
    await trial.control('PUT', '/pim/products/now', aProduct());
    await eventually(() => ids().length === 2);
    expect(ids()).toEqual(['now', 'late']);
  });

  test('are lost, doubled or late on demand', async () => {
    await trial.control('PUT', '/pim/products/late?webhook=late', aProduct());
    const from = performance.now();
    await trial.control('PUT', '/pim/products/lost?webhook=lose', aProduct());
    await trial.control('PUT', '/pim/products/twice?webhook=twice', aProduct());
    await eventually(() => ids().includes('late'));
    expect(ids()).toEqual(['twice', 'twice', 'late']);
    expect((received.at(-1)?.at ?? 0) - from).toBeGreaterThan(LATE_WEBHOOK_MS - 500);
  });

  test('are tried again when the subscriber refuses', async () => {
    answers = [500, 503];
    await trial.control('PUT', '/pim/products/a', aProduct());
    await eventually(() => received.length === 3);
    expect(ids()).toEqual(['a', 'a', 'a']);
  });

  test('of another system are nobody’s business', async () => {
    await trial.control('PUT', '/erp/stock/a%40b', { quantity: 1 });
    await trial.control('PUT', '/pim/products/a', aProduct());
    await eventually(() => received.length > 0);
    expect(events()).toMatchObject([{ collection: 'products' }]);
  });
});

describe('the run around them', () => {
  failOnLeaks();

  test('a stop leaves no timer behind, whatever was still to be sent', async () => {
    const trial = await startTrial({ STEWARD_SANDBOX_WEBHOOKS: 'pim=http://127.0.0.1:9/nobody' });
    await trial.control('PUT', '/pim/products/a?webhook=late', aProduct());
    await trial.control('PUT', '/pim/products/b?commitAfterMs=60000', aProduct());
    await trial.control('POST', '/pim/faults', { kind: 'error', durationMs: 60_000 });
    await trial.stop();
  });
});

import { createHmac } from 'node:crypto';
import { createLogger, systemClock } from '@steward/platform';
import { eventually } from '@steward/testing';
import fastify, { type FastifyInstance } from 'fastify';
import { openRig, type Rig } from '../fixtures/rig.fixture.spec';
import { hmacVerifier } from '../source/hmac-verifier';
import { answerSnapshot } from '@steward/event-bus';
import { snapshotRows } from '../announce/announced.store';
import { mountWebhook } from './webhook.controller';

const secret = 'between us';
const sign = (timestamp: string, body: string): string => createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
const nowText = (shiftMs = 0): string => String(Math.floor((Date.now() + shiftMs) / 1_000));

describe('the webhook door', () => {
  let rig: Rig;
  let server: FastifyInstance;

  beforeEach(async () => {
    rig = await openRig({ pace: { pollEveryMs: 3_600_000 } });
    rig.shop.put('sku-1@main', 1);
    rig.lease.start();
    rig.runner.start();
    await rig.agree();
    server = fastify();
    mountWebhook(server, {
      spec: {
        path: '/webhooks/shop',
        verify: hmacVerifier({ secrets: [secret], signatureHeader: 'x-signature', timestampHeader: 'x-timestamp' }),
        hints: (body) => (body as { ids: string[] }).ids.map((key) => ({ entity: 'stock-level', key })),
      },
      feeds: [rig.feed],
      database: rig.database,
      clock: systemClock,
      logger: createLogger({ service: 'kit-test', level: 'silent' }),
      stored: (entities) => (entities.includes(rig.runner.entity) ? rig.runner.hinted() : undefined),
    });
    await server.ready();
  });
  afterEach(async () => {
    await server.close();
    await rig.close();
  });

  async function post(body: string, headers: Record<string, string>): Promise<{ status: number; code?: string; errors?: unknown[]; type: string }> {
    const answer = await server.inject({ method: 'POST', url: '/webhooks/shop', payload: body, headers: { 'content-type': 'application/json', ...headers } });
    return { ...answer.json<{ code?: string; errors?: unknown[] }>(), status: answer.statusCode, type: String(answer.headers['content-type']) };
  }
  const signed = (body: string, timestamp = nowText()): ReturnType<typeof post> =>
    post(body, { 'x-timestamp': timestamp, 'x-signature': sign(timestamp, body) });
  const body = JSON.stringify({ ids: ['sku-1@main'] });

  it('stores the keys of a signed request, answers 202, and the truth is read by key', async () => {
    rig.shop.put('sku-1@main', 2);
    expect(await signed(body)).toMatchObject({ status: 202 });
    await rig.agree();
    expect(rig.shop.readKeys).toEqual([['sku-1@main']]);
  });

  it('refuses a wrong signature, a missing one and a replayed request, each with its code, and reads nothing', async () => {
    const timestamp = nowText();
    expect(await post(body, { 'x-timestamp': timestamp, 'x-signature': sign(timestamp, `${body} `) })).toMatchObject({ status: 401, code: 'WEBHOOK_SIGNATURE', type: expect.stringContaining('problem+json') as string });
    expect(await post(body, {})).toMatchObject({ status: 401, code: 'WEBHOOK_UNSIGNED', errors: [{ pointer: 'x-signature', accepted: expect.stringContaining('HMAC-SHA-256') as string }] });
    expect(await post(body, { 'x-signature': sign(timestamp, body) })).toMatchObject({ status: 401, code: 'WEBHOOK_UNSIGNED', errors: [{ pointer: 'x-timestamp' }] });
    expect(await signed(body, nowText(-6 * 60_000))).toMatchObject({ status: 401, code: 'WEBHOOK_REPLAY', errors: [{ pointer: 'x-timestamp', accepted: expect.stringContaining('300 s') as string }] });
    expect(await rig.rows('select 1 from hint')).toEqual([]);
    expect(rig.shop.asked.byKeys).toBe(0);
  });

  it('names a body that is not what the vendor sends, and one that is too large', async () => {
    expect(await signed('{"ids":')).toMatchObject({ status: 400, code: 'WEBHOOK_BODY', errors: [{ pointer: '', accepted: expect.stringContaining('JSON') as string }] });
    expect(await signed('{}')).toMatchObject({ status: 400, code: 'WEBHOOK_BODY' });
    expect(await signed(JSON.stringify({ ids: ['x'.repeat(1_100_000)] }))).toMatchObject({ status: 413, code: 'WEBHOOK_BODY', errors: [{ accepted: 'at most 1048576 bytes' }] });
  });

  it('takes a key that no table can hold for no key of ours', async () => {
    expect(await signed(JSON.stringify({ ids: ['a\u0000b', 'sku-1@main'] }))).toMatchObject({ status: 202 });
    await eventually(async () => (await rig.rows('select 1 from hint')).length === 0);
  });

  it('keeps the hints over an outage of the source', async () => {
    rig.shop.put('sku-1@main', 2);
    rig.shop.spoil('byKeys', () => {
      throw new Error('down');
    });
    await signed(body);
    await eventually(() => rig.shop.asked.byKeys > 1);
    expect(await rig.rows('select 1 from hint')).toHaveLength(1);
    rig.shop.spoil('byKeys', undefined);
    await rig.agree();
  });
});

describe('a snapshot', () => {
  let rig: Rig;
  afterEach(() => rig.close());

  it('gives every key in pages, deletions included, in the order of bytes', async () => {
    rig = await openRig({ pace: { fullPassEveryMs: 60 } });
    for (const key of ['a', 'B', 'ä', 'c', 'd']) rig.shop.put(`${key}@main`, 1);
    rig.lease.start();
    rig.runner.start();
    await rig.agree();
    rig.shop.remove('c@main');
    await rig.agree();
    const items = [];
    for (let after: string | null = null, page = 0; page < 10; page += 1) {
      const answer = await answerSnapshot(rig.database, snapshotRows, { entity: 'stock-level', after, limit: 2 });
      items.push(...answer.items);
      if (answer.next === null) break;
      after = answer.next;
    }
    expect(items.map(({ key, revision, tombstone }) => [key, revision, tombstone])).toEqual([
      ['B@main', 1, false],
      ['a@main', 1, false],
      ['c@main', 2, true],
      ['d@main', 1, false],
      ['ä@main', 1, false],
    ]);
    expect(items[0]?.data).toEqual({ sku: 'B', location: 'main', onHand: 1 });
  });
});

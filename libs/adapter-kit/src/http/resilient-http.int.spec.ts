import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { createLogger, systemClock } from '@steward/platform';
import { eventually } from '@steward/testing';
import { calling } from './caller';
import { isNothingSent } from './nothing-sent';
import { type HttpLimits, type ResilientHttp, resilientHttp, type ResilientHttpOptions } from './resilient-http.client';

/** What an attempt may take where its caller has less: longer than a busy machine needs for anything here. */
const attemptMs = 20_000;

describe('the resilient client', () => {
  let server: Server;
  let url: string;
  let respond: (request: IncomingMessage, response: ServerResponse) => void;
  let calls: { id: string; at: number }[];
  const opened: ResilientHttp[] = [];

  beforeEach(async () => {
    calls = [];
    respond = (_request, response) => void response.end('{}');
    server = createServer((request, response) => {
      calls.push({ id: String(request.headers['x-request-id']), at: performance.now() });
      respond(request, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/things?secret=1`;
  });

  afterEach(async () => {
    await Promise.all(opened.splice(0).map((http) => http.close()));
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  function client(limits: Partial<HttpLimits> = {}, more: Partial<ResilientHttpOptions> = {}): ResilientHttp {
    const logger = createLogger({ service: 'kit-test', level: 'silent' });
    const http = resilientHttp({ dependency: 'test', clock: systemClock, logger, limits: { perSecond: 10_000, ...limits }, random: () => 0.01, ...more });
    opened.push(http);
    return http;
  }

  it('R1: with the dependency fully down, calls stay at or below 1.1·N + bucket, retries included', async () => {
    respond = (_request, response) => void response.writeHead(500).end('no');
    const http = client({ retryBucket: 5 });
    const until = performance.now() + 3_000;
    while (performance.now() < until) {
      await http.send({ url }).catch(() => undefined);
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const first = new Set(calls.map(({ id }) => id)).size;
    expect(first).toBeGreaterThan(0);
    expect(calls.length).toBeLessThanOrEqual(1.1 * first + 5);
    expect(calls.length).toBeGreaterThan(first);
  });

  it('R1: also while some calls succeed, so that no breaker helps', async () => {
    let count = 0;
    respond = (_request, response) => void ((count += 1) % 4 === 0 ? response.end('{}') : response.writeHead(500).end('no'));
    const http = client({ retryBucket: 5 });
    for (let n = 0; n < 120; n += 1) await http.send({ url }).catch(() => undefined);
    expect(http.state().breaker).toBe('closed');
    expect(new Set(calls.map(({ id }) => id)).size).toBe(120);
    expect(calls.length).toBeLessThanOrEqual(1.1 * 120 + 5);
  });

  it('R2: repeats what is idempotent, under the same request id, and nothing else', async () => {
    let failures = 2;
    respond = (_request, response) => void (failures-- > 0 ? response.writeHead(503).end() : response.end('{"done":true}'));
    const http = client();
    expect((await http.send({ url })).json()).toEqual({ done: true });
    expect(new Set(calls.map(({ id }) => id)).size).toBe(1);
    failures = 1;
    await expect(http.send({ url, method: 'POST', body: '{}' })).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(calls).toHaveLength(4);
    failures = 1;
    await http.send({ url, method: 'POST', body: '{}', idempotent: true });
    expect(calls).toHaveLength(6);
  });

  it('R2: honours Retry-After for every call of the dependency', async () => {
    let limited = true;
    respond = (_request, response) => {
      if (limited) response.writeHead(429, { 'retry-after': '1' }).end();
      else response.end('{}');
      limited = false;
    };
    const http = client();
    await Promise.all([http.send({ url }), eventually(() => http.state().budget < 10).then(() => http.send({ url }))]);
    expect(calls).toHaveLength(3);
    for (const { at } of calls.slice(1)) expect(at - (calls[0]?.at ?? 0)).toBeGreaterThanOrEqual(950);
  });

  it('R4: says when somebody should try whether the dependency is back, each time that it has cooled down, and when it is', async () => {
    respond = (_request, response) => void response.writeHead(500).end('no');
    const said: string[] = [];
    const http = client({}, { onCooled: () => said.push('cooled'), onBack: () => said.push('back') });
    while (http.state().breaker === 'closed') await http.send({ url }).catch(() => undefined);
    await eventually(() => said.length === 1);
    const before = calls.length;
    await http.send({ url }).catch(() => undefined);
    expect(calls).toHaveLength(before + 1);
    await eventually(() => said.length === 2);
    respond = (_request, response) => void response.end('{}');
    await http.send({ url });
    expect([said, http.state().breaker]).toEqual([['cooled', 'cooled', 'back'], 'closed']);
  });

  it('tells nothing of the credentials that a refusal quotes', async () => {
    respond = ({ headers }, response) => void response.writeHead(403).end(`not for ${String(headers.authorization)}`);
    const refused = client().send({ url, headers: { authorization: 'Session c2VjcmV0LTE=' } });
    await expect(refused).rejects.toThrow('status 403: not for Session ***');
  });

  it('R2: sends nothing after the deadline, and gives up an answer that hangs', async () => {
    respond = () => undefined;
    const http = client({ attemptMs });
    const startedAt = performance.now();
    await expect(http.send({ url, deadlineMs: 300 })).rejects.toMatchObject({ code: 'SOURCE_TIMEOUT' });
    expect(performance.now() - startedAt).toBeLessThan(attemptMs);
    expect(calls).toHaveLength(1);
  });

  it('R2: nothing is called after the deadline of whoever it is called for, nor after they gave up, and a system that takes it is told', async () => {
    const left: string[] = [];
    respond = ({ headers }) => void left.push(String(headers['x-time-left']));
    const http = client({ attemptMs, deadlineHeader: 'x-time-left' });
    const startedAt = performance.now();
    await calling({ lane: 'checkout', until: startedAt + 300 }, async () => {
      await expect(http.send({ url })).rejects.toMatchObject({ code: 'SOURCE_TIMEOUT' });
      const late: unknown = await http.send({ url }).catch((error: unknown) => error);
      expect(isNothingSent(late)).toBe(true);
    });
    expect(performance.now() - startedAt).toBeLessThan(attemptMs);
    expect([left.length, Number(left[0]) > 0 && Number(left[0]) <= 300]).toEqual([1, true]);
    // It was given too little time to say anything about the system.
    for (let n = 0; n < 5; n += 1) await calling({ lane: 'checkout', until: performance.now() + 30 }, () => http.send({ url }).catch(() => undefined));
    expect(http.state().breaker).toBe('closed');

    const caller = new AbortController();
    const given = calling({ lane: 'checkout', signal: caller.signal }, () => http.send({ url }));
    await eventually(() => http.state().inFlight === 1);
    caller.abort();
    await expect(given).rejects.toMatchObject({ code: 'SOURCE_ABORTED' });
  });

  it('opens its breaker, sends nothing while it is open, and finds out by one probe that the dependency is back', async () => {
    let broken = true;
    respond = (_request, response) => void (broken ? response.writeHead(500).end() : response.end('{}'));
    const http = client({ retryBucket: 0 });
    for (let n = 0; n < 5; n += 1) await http.send({ url }).catch(() => undefined);
    expect(http.state().breaker).toBe('open');
    await expect(http.send({ url })).rejects.toMatchObject({ code: 'SOURCE_UNAVAILABLE' });
    expect(calls).toHaveLength(5);
    broken = false;
    await eventually(() => http.send({ url }).then(() => true, () => false));
    expect(http.state().breaker).toBe('closed');
    expect(calls).toHaveLength(6);
  });

  it('a refusal is an answer: it is told at once, names no query, and leaves the breaker closed', async () => {
    respond = (_request, response) => void response.writeHead(403).end('not you');
    const http = client();
    for (let n = 0; n < 7; n += 1) {
      await expect(http.send({ url })).rejects.toMatchObject({ code: 'SOURCE_REFUSED', message: expect.not.stringContaining('secret') as string });
    }
    expect(calls).toHaveLength(7);
    expect(http.state().breaker).toBe('closed');
    expect((await http.send({ url, accept: (status) => status === 403 })).status).toBe(403);
  });

  it('S6: says of a failure when the dependency can not have done anything, of all attempts together', async () => {
    const failureOf = async (http: ResilientHttp, more: { url?: string; deadlineMs?: number } = {}): Promise<[string, boolean]> => {
      const error: unknown = await http.send({ url, method: 'POST', body: '{}', idempotent: true, ...more }).catch((cause: unknown) => cause);
      return [(error as { code: string }).code, isNothingSent(error)];
    };
    const answering = (...statuses: number[]): void => void (respond = (_request, response) => void response.writeHead(statuses.shift() ?? 429, { 'retry-after': '5' }).end());
    answering(429);
    expect(await failureOf(client(), { deadlineMs: 1_000 })).toEqual(['SOURCE_RATE_LIMITED', true]);
    answering(503);
    expect(await failureOf(client(), { deadlineMs: 1_000 })).toEqual(['SOURCE_RATE_LIMITED', false]);
    // The first attempt may have been read, however plainly the second one was turned away.
    respond = (_request, response) => void (calls.length % 2 === 1 ? response.destroy() : response.writeHead(429, { 'retry-after': '60' }).end());
    calls = [];
    expect(await failureOf(client())).toEqual(['SOURCE_RATE_LIMITED', false]);
    respond = (_request, response) => void response.destroy();
    expect(await failureOf(client({ retryBucket: 0 }))).toEqual(['SOURCE_UNAVAILABLE', false]);
    const http = client({ retryBucket: 0 });
    const nobody = createServer();
    await new Promise<void>((resolve) => nobody.listen(0, '127.0.0.1', resolve));
    const closed = `http://127.0.0.1:${(nobody.address() as AddressInfo).port}/`;
    await new Promise((resolve) => nobody.close(resolve));
    for (let n = 0; n < 5; n += 1) expect(await failureOf(http, { url: closed })).toEqual(['SOURCE_UNAVAILABLE', true]);
    expect([http.state().breaker, await failureOf(http)]).toEqual(['open', ['SOURCE_UNAVAILABLE', true]]);
  });

  it('an answer that is no JSON is named as what it is', async () => {
    respond = (_request, response) => void response.end('{"items":[');
    const answer = await client().send({ url });
    expect(() => answer.json()).toThrow(expect.objectContaining({ code: 'SOURCE_MALFORMED' }) as Error);
  });

  it('has at most as many calls under way as it was told', async () => {
    let underWay = 0;
    let most = 0;
    respond = (_request, response) => {
      most = Math.max(most, (underWay += 1));
      setTimeout(() => {
        underWay -= 1;
        response.end('{}');
      }, 20);
    };
    const http = client({ concurrency: 2 });
    await Promise.all(Array.from({ length: 8 }, () => http.send({ url })));
    expect(most).toBe(2);
  });
});

import { createServer, type Server, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { consumerMigrations } from '@steward/event-bus';
import { createLogger, type Database, openDatabase, systemClock } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import { kitMigrations } from '../announce/kit.migration';
import { calling, callLanes } from './caller';
import { fleetTokens } from './fleet-tokens';
import { probeLease } from './probe-lease';
import { type ResilientHttp, resilientHttp, type ResilientHttpOptions } from './resilient-http.client';

const logger = createLogger({ service: 'fleet', level: 'silent' });
const bucket = 10;

describe('R2: replicas that share a system', () => {
  let test: TestDatabase;
  let database: Database;
  let server: Server;
  let url: string;
  let respond: (response: ServerResponse) => void;
  const opened: ResilientHttp[] = [];
  let calls: { id: string; by: string }[] = [];
  let underWay = 0;
  let most = 0;

  beforeAll(async () => {
    test = await testDatabase({ migrations: [...consumerMigrations, ...kitMigrations] });
    database = await openDatabase({ url: test.url, name: 'fleet', migrations: [], logger });
    server = createServer(({ headers }, response) => {
      calls.push({ id: String(headers['x-request-id']), by: String(headers['x-replica']) });
      most = Math.max(most, (underWay += 1));
      response.once('close', () => (underWay -= 1));
      setTimeout(() => respond(response), 20);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`;
  });
  beforeEach(async () => {
    respond = (response) => void response.writeHead(500).end();
    calls = [];
    most = 0;
    await test.pool.query('truncate breaker_probe, retry_budget');
  });
  afterEach(() => Promise.all(opened.splice(0).map((http) => http.close())));
  afterAll(async () => {
    await database.close();
    await test.drop();
    server.closeAllConnections();
    await new Promise((resolve) => server.close(resolve));
  });

  const lease = (holdMs = 10_000) => probeLease({ database, dependency: 'erp-shop', holdMs });
  const replica = (options: Partial<ResilientHttpOptions> = {}): ResilientHttp => {
    const tokens = fleetTokens({ database, dependency: 'erp-shop', bucket });
    const http = resilientHttp({ dependency: 'erp-shop', clock: systemClock, logger, lease: lease(), tokens, limits: { perSecond: 10_000, retryBucket: bucket }, ...options });
    opened.push(http);
    return http;
  };
  const call = (http: ResilientHttp, by = '') => http.send({ url, headers: { 'x-replica': by } }).then(() => true, () => false);
  const cooled = { forMs: 60_000, coolMs: 1_000, cooled: true };

  it('send one probe together; a second one only when the first has failed long enough ago, or its sender is dead', async () => {
    const leases = Array.from({ length: 8 }, () => lease());
    const grants = await Promise.all(leases.map((each) => each.ask(cooled)));
    expect(grants.toSorted()).toEqual(['probe', ...Array.from({ length: 7 }, () => 'wait')]);
    await leases[grants.indexOf('probe')]?.ended('fails');
    expect(await lease().ask(cooled)).toBe('wait');
    expect(await lease().ask({ ...cooled, coolMs: 0 })).toBe('probe');

    await test.pool.query('truncate breaker_probe');
    const [dead, next] = [lease(1), lease()];
    expect(await dead.ask(cooled)).toBe('probe');
    await eventually(async () => (await next.ask(cooled)) === 'probe');
    // Whose time is over ends nothing of its successor's.
    await dead.ended('works');
    expect(await lease().ask(cooled)).toBe('wait');
  });

  it('hear of each other that the system is back, if that is news to them', async () => {
    const one = lease();
    expect(await one.ask({ ...cooled, cooled: false })).toBe('wait');
    expect(await one.ask(cooled)).toBe('probe');
    await one.ended('works');
    expect(await lease().ask({ ...cooled, cooled: false })).toBe('back');
    // Who has found it broken since then finds out anew.
    expect(await lease().ask({ ...cooled, forMs: 0 })).toBe('probe');
  });

  it('open each by its own evidence, then have one call under way at a time, and all go on after one that worked', async () => {
    const replicas = [replica(), replica(), replica()];
    for (const [index, http] of replicas.entries()) while (http.state().breaker === 'closed') await call(http, String(index));
    expect(new Set(calls.map(({ by }) => by))).toEqual(new Set(['0', '1', '2']));
    const before = calls.length;
    most = 0;
    await eventually(async () => {
      await Promise.all(replicas.map((http) => call(http)));
      return calls.length >= before + 2;
    });
    expect(most).toBe(1);
    const failed = calls.length;
    let untilFirst: number | undefined;
    respond = (response) => {
      untilFirst ??= calls.length - failed;
      response.end('{}');
    };
    await eventually(async () => {
      await Promise.all(replicas.map((http, index) => call(http, String(index))));
      return replicas.every((http) => http.state().breaker === 'closed');
    });
    // Until the probe had worked there was nothing beside it.
    expect(untilFirst).toBe(1);
    expect(await Promise.all(replicas.map((http) => call(http)))).toEqual([true, true, true]);
  });

  it('R1: with the system fully down, the calls of all callers of all replicas stay at or below 1.1·N + bucket', async () => {
    const replicas = [replica(), replica()];
    let ended = 0;
    const until = performance.now() + 2_500;
    await Promise.all(replicas.flatMap((http) => callLanes.map((lane) => calling({ lane }, async () => {
      while (performance.now() < until) {
        await call(http);
        ended += 1;
        await new Promise((resolve) => setTimeout(resolve, 5));
      }
    }))));
    const first = new Set(calls.map(({ id }) => id)).size;
    expect(ended).toBeGreaterThan(100);
    expect(first).toBeGreaterThan(5);
    expect(calls.length).toBeLessThanOrEqual(1.1 * first + bucket);
  });

  it('R1: share one budget: a system that often fails costs all of them together no more retries than one of them may cost', async () => {
    // Every second call at its first attempt: no breaker opens.
    const known = new Set<unknown>();
    respond = (response) => {
      const { 'x-replica': by, 'x-request-id': id } = response.req.headers;
      if (by === 'good' || known.has(id)) return void response.end('{}');
      known.add(id);
      response.writeHead(500).end();
    };
    const replicas = [1, 2, 3, 4].map(() => replica({ random: () => 0 }));
    const rounds = 15;
    await Promise.all(replicas.map(async (http) => {
      for (let n = 0; n < rounds; n += 1) {
        await call(http, 'bad');
        await call(http, 'good');
      }
    }));
    const made = replicas.length * rounds;
    const retries = calls.length - 2 * made;
    expect(retries).toBeGreaterThanOrEqual(bucket);
    expect(retries).toBeLessThanOrEqual(bucket + 0.1 * (made + retries));
    expect(replicas.map((http) => http.state().breaker)).toEqual(replicas.map(() => 'closed'));
    // One that was just started has no more: a full bucket for every restart would be none.
    calls = [];
    const late = replica({ random: () => 0 });
    for (let n = 0; n < 4; n += 1) await call(late, 'bad');
    expect(calls.length).toBeLessThan(8);
  });

  it('R4: at the same load, at least 95 of 100 calls work again as soon as the system does and the breakers have looked', async () => {
    const replicas = [replica(), replica()];
    const load = async (): Promise<number> => {
      const results = await Promise.all(Array.from({ length: 100 }, (_, index) => call(replicas[index % 2] as ResilientHttp)));
      return results.filter(Boolean).length;
    };
    await load();
    expect(replicas.map((http) => http.state().breaker)).toEqual(['open', 'open']);
    respond = (response) => void response.end('{}');
    await eventually(async () => (await load()) >= 95, { withinMs: 60_000 });
    expect(replicas.map((http) => http.state().breaker)).toEqual(['closed', 'closed']);
  }, 70_000);

  it('without their database send no probe', async () => {
    const http = resilientHttp({ dependency: 'x', clock: systemClock, logger, lease: { ask: () => Promise.reject(new Error('no database')), ended: async () => undefined }, limits: { retryBucket: 0 } });
    opened.push(http);
    while (http.state().breaker === 'closed') await call(http);
    const before = calls.length;
    const until = performance.now() + 1_500;
    while (performance.now() < until) {
      await call(http);
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
    expect(calls).toHaveLength(before);
  });
});

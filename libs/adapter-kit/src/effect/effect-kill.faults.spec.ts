// The runner is a process of its own, on the built packages, and is killed where it hurts.
import { consumerMigrations } from '@steward/event-bus';
import type { ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { join } from 'node:path';
import { eventually, neighbour, OtlpReceiver, testDatabase, type TestDatabase, victims } from '@steward/testing';
import { kitMigrations } from '../announce/kit.migration';
import { tellings } from '../fixtures/till.fixture.spec';

const program = `
  require('@steward/platform/telemetry');
  const p = require('@steward/platform');
  const { defineEffect, EffectRunner } = require('@steward/adapter-kit');
  const { DATABASE_URL: url, TILL: till, FAULTS: faults } = process.env;
  const deadlineMs = Number(process.env.DEADLINE_MS ?? 1000);
  p.nameService('till');
  if (faults) p.armFaults(faults);
  const ask = async (method, key) => (await fetch(till + '/' + key, { method })).json();
  const sale = defineEffect({
    kind: 'sale', deadlineMs, settleMs: 200,
    submit: (_, { key }) => ask('POST', key),
    readBack: (_, { key }) => ask('GET', key),
    settled: async (tx, { key, outcome }) => void (await tx.query('insert into telling (key, kind, amount) values ($1, $2, 1)', [key, outcome.kind])),
  });
  const logger = p.createLogger({ service: 'till', level: 'silent' });
  p.openDatabase({ url, name: 'till', migrations: [], logger }).then(async (database) => {
    const runner = new EffectRunner({ effects: [sale], database, databaseUrl: url, clock: p.systemClock, logger, commitWithinMs: 300, claimMs: 600 });
    await runner.start();
    process.once('SIGTERM', async () => { await runner.stop(); await database.close(); await p.stopTelemetry(); });
  });
`;

describe('a process that makes effects', () => {
  let test: TestDatabase;
  let till: Awaited<ReturnType<typeof neighbour>>;
  let sales: string[];
  const runners = victims();

  beforeAll(async () => {
    test = await testDatabase({ migrations: [...consumerMigrations, ...kitMigrations] });
    await test.pool.query(tellings);
    // It takes a second sale under the same key without a word, as some systems do.
    till = await neighbour(({ method, url = '' }, response) => {
      const key = url.slice(1);
      if (method === 'POST') sales.push(key);
      response.end(JSON.stringify(sales.includes(key) ? { kind: 'confirmed', answer: key } : { kind: 'absent' }));
    });
  });
  beforeEach(async () => {
    sales = [];
    await test.pool.query('truncate effect, telling');
  });
  afterEach(() => runners.end());
  afterAll(async () => {
    await till.stop();
    await test.drop();
  });

  const run = (env: Record<string, string> = {}): ChildProcess => runners.run(program, join(__dirname, '..', '..'), { DATABASE_URL: test.url, TILL: till.url, ...env });
  const intend = (key: string, traceparent: string | null = null) => test.pool.query(`insert into effect (kind, key, request, next_at, traceparent) values ('sale', $1, '{}', now(), $2)`, [key, traceparent]);
  const settled = (key: string) => eventually(async () => (await test.pool.query('select 1 from effect where key = $1 and settled_at is not null', [key])).rowCount, { withinMs: 40_000 });

  it.each([
    ['before the call', 'effect-submit=crash-before'],
    ['after the call', 'effect-submit=crash-after'],
    ['before its outcome is stored', 'effect-commit=crash-before'],
    ['with its outcome not yet committed', 'commit=crash-before'],
    ['with its outcome committed', 'effect-commit=crash-after'],
  ])('I2, T1: killed %s, it has made the effect once and told of it once', async (_when, faults) => {
    await intend('o1');
    const [, signal] = (await once(run({ FAULTS: faults }), 'close')) as [number | null, string | null];
    expect(signal).toBe('SIGKILL');
    run();
    await settled('o1');
    expect([sales, (await test.pool.query('select key, kind from telling')).rows]).toEqual([['o1'], [{ key: 'o1', kind: 'confirmed' }]]);
  }, 90_000);

  it('T1: what a killed process had sent is found by the next one, and the deadline of the call keeps nobody waiting', async () => {
    await intend('o1');
    const longCalls = { DEADLINE_MS: '3600000' };
    await once(run({ FAULTS: 'effect-submit=crash-after', ...longCalls }), 'close');
    run(longCalls);
    await settled('o1');
    expect(sales).toEqual(['o1']);
  }, 90_000);

  it('I2, T1: killed while it reads back, it has asked in vain and no more', async () => {
    await intend('o1');
    await once(run({ FAULTS: 'effect-submit=crash-after' }), 'close');
    await once(run({ FAULTS: 'effect-read-back=crash-after' }), 'close');
    expect((await test.pool.query('select state from effect')).rows).toEqual([{ state: 'submitted' }]);
    run();
    await settled('o1');
    expect([sales, (await test.pool.query('select key from telling')).rowCount]).toEqual([['o1'], 1]);
  }, 90_000);

  it('its call is part of the trace of the decision', async () => {
    const receiver = await OtlpReceiver.start();
    try {
      await intend('o1', '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01');
      const child = run({ OTEL_EXPORTER_OTLP_ENDPOINT: receiver.url });
      await settled('o1');
      child.kill('SIGTERM');
      await once(child, 'close');
      const of = (name: string) => receiver.spans.find((span) => span.name === name);
      const [effect, submit] = [of('effect sale'), of('submit sale')];
      expect(effect).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: 'b7ad6b7169203331' });
      expect(submit).toMatchObject({ traceId: '0af7651916cd43dd8448eb211c80319c', parentSpanId: effect?.spanId, kind: 3 });
    } finally {
      await receiver.close();
    }
  }, 60_000);
});

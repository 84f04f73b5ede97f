import { consumerMigrations, pauseFlow, resumeFlow } from '@steward/event-bus';
import { armFaults, createLogger, type Database, openDatabase, RejectedError, scrape, StewardError, systemClock } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import { kitMigrations } from '../announce/kit.migration';
import { Till, tellings } from '../fixtures/till.fixture.spec';
import { currentCaller } from '../http/caller';
import { nothingSent } from '../http/nothing-sent';
import { defineEffect, type Effect } from './define-effect';
import { hurryEffects, hurryOne } from './effect.store';
import { EffectRunner } from './effect-runner';
import { abandonEffect, intendEffects, touchEffect } from './intend';

const logger = createLogger({ service: 'effects', level: 'silent' });
const deadlineMs = 400;
const settleMs = 300;

describe('effects', () => {
  let test: TestDatabase;
  let database: Database;
  let till: Till;
  let disarm: () => void = () => undefined;
  const runners: EffectRunner[] = [];
  beforeAll(async () => {
    test = await testDatabase({ migrations: [...consumerMigrations, ...kitMigrations] });
    database = await openDatabase({ url: test.url, name: 'effects', migrations: [], logger });
    await test.pool.query(tellings);
  });
  beforeEach(async () => {
    till = new Till();
    await test.pool.query('truncate effect, telling, flow_pause');
  });
  afterEach(async () => {
    await Promise.all(runners.splice(0).map((runner) => runner.stop()));
    disarm();
  });
  afterAll(async () => {
    await database.close();
    await test.drop();
  });

  const start = async (effects: readonly Effect[] = [till.effect({ deadlineMs, settleMs })], claimMs = 6_000, of: Pick<Database, 'query' | 'transaction'> = database): Promise<EffectRunner> => {
    const runner = new EffectRunner({ effects, database: of, databaseUrl: test.url, clock: systemClock, logger, random: () => 0.01, commitWithinMs: 200, claimMs, stopWithinMs: 500 });
    runners.push(runner);
    await runner.start();
    return runner;
  };
  const intend = (...keys: string[]) => database.transaction((tx) => intendEffects(tx, keys.map((key) => ({ kind: 'sale', key, request: { amount: 5 } }))));
  const told = async (): Promise<string[]> => (await test.pool.query<{ text: string }>(`select key || ' ' || kind || ' ' || text as text from telling order by id`)).rows.map(({ text }) => text);
  const row = async (key = 'o1') => (await test.pool.query('select state, attempts, error, answer, submitted_at is not null as submitted, abandoned_at is not null as abandoned from effect where key = $1', [key])).rows[0];
  const settled = (key = 'o1') => eventually(async () => ['confirmed', 'refused'].includes((await row(key)).state));

  it('happen once, and what follows commits with the outcome', async () => {
    await start();
    expect(await intend('o1')).toEqual([{ kind: 'sale', key: 'o1' }]);
    await settled();
    expect(await row()).toMatchObject({ state: 'confirmed', attempts: 1, answer: 'receipt o1', error: null });
    expect([await told(), till.sales.map(({ idempotencyKey }) => idempotencyKey), till.looks]).toEqual([['o1 confirmed receipt o1'], ['sale:o1'], []]);
    expect(await intend('o1', 'o2', 'o2')).toEqual([{ kind: 'sale', key: 'o2' }]);
    await settled('o2');
    expect(till.sales.map(({ key }) => key)).toEqual(['o1', 'o2']);
  });

  it('of a paused flow are not claimed by any replica, however little it has heard; what is under way ends', async () => {
    const held = Promise.withResolvers<void>();
    const effect = till.effect({ deadlineMs: 5_000, settleMs });
    const slow: Effect = { ...effect, submit: async (request, call) => (call.key === 'o0' && (await held.promise), effect.submit(request, call)) };
    // Neither of them has a switch: the table alone decides.
    await start([slow]);
    await start([slow]);
    await intend('o0');
    await eventually(async () => (await row('o0')).state === 'submitted');
    await pauseFlow(database, 'sale', { actor: 'ines', reason: 'the till is counted', resumesAt: null });
    await intend('o1', 'o2');
    await test.pool.query(`insert into effect (kind, key, request, state, next_at, submitted_at) values ('sale', 'sent', '{}', 'submitted', now(), now() - interval '1 hour')`);
    held.resolve();
    await settled('o0');
    expect([await row('o1'), await row('o2'), await row('sent')]).toEqual(['intended', 'intended', 'submitted'].map((state) => expect.objectContaining({ state, attempts: 0 })));
    expect([till.submits.map(({ key }) => key), till.looks]).toEqual([['o0'], []]);
    await resumeFlow(database, 'sale', { actor: 'ines', reason: 'counted' });
    for (const key of ['o1', 'o2', 'sent']) await settled(key);
    expect(till.sales.map(({ key }) => key).toSorted()).toEqual(['o0', 'o1', 'o2', 'sent']);
  });

  it('R2: the deadline and the signal of an effect are those of every call that it makes', async () => {
    const seen: { lane: string; leftMs: number; aborted: boolean }[] = [];
    const effect = till.effect({ deadlineMs, settleMs });
    await start([{ ...effect, submit: async (request, call) => {
      const { lane, until = Infinity, signal } = currentCaller();
      seen.push({ lane, leftMs: until - performance.now(), aborted: signal !== call.signal });
      return effect.submit(request, call);
    } }]);
    await intend('o1');
    await settled();
    expect(seen).toEqual([{ lane: 'checkout', leftMs: expect.any(Number), aborted: false }]);
    expect(seen[0]?.leftMs).toBeLessThanOrEqual(deadlineMs);
  });

  it('R4: what could not be sent does not wait out its pause when the system is back', async () => {
    await intend('o1', 'o2');
    await test.pool.query(`update effect set failures = 9, next_at = now() + interval '1 hour' where key = 'o1'`);
    await test.pool.query(`insert into effect (kind, key, request, state, failures, next_at, submitted_at) values ('sale', 'asked', '{}', 'unknown', 9, now() + interval '1 hour', now())`);
    await database.transaction((tx) => intendEffects(tx, [{ kind: 'sale', key: 'later', request: {}, notBefore: new Date(Date.now() + 3_600_000) }]));
    await start();
    await settled('o2');
    await hurryEffects(database, 200);
    for (const key of ['o1', 'asked']) await settled(key);
    expect((await row('later')).state).toBe('intended');
  });

  it('R4: one of those that wait is to find out whether the system is back', async () => {
    await intend('o1', 'o2', 'o3');
    await test.pool.query(`update effect set failures = 9, next_at = now() + interval '1 hour' where key <> 'o3'`);
    await test.pool.query(`update effect set next_at = now() + interval '1 hour' where key = 'o3'`);
    await hurryOne(database);
    await hurryOne(database);
    const { rows } = await test.pool.query('select failures from effect where next_at <= now()');
    expect(rows).toEqual([{ failures: 9 }]);
  });

  it('O1: are not wanted when the decision is rolled back, nor sent before it commits', async () => {
    await start();
    const deciding = database.transaction(async (tx) => {
      await intendEffects(tx, [{ kind: 'sale', key: 'o1', request: { amount: 5 } }]);
      await intend('o2');
      await settled('o2');
      throw new Error('decided otherwise');
    });
    await expect(deciding).rejects.toThrow('decided otherwise');
    expect(till.submits.map(({ key }) => key)).toEqual(['o2']);
  });

  it('wait until their time has come', async () => {
    await start();
    const soon = (await test.pool.query<{ soon: Date }>(`select now() + interval '600 ms' as soon`)).rows[0]?.soon ?? new Date();
    await database.transaction((tx) => intendEffects(tx, [{ kind: 'sale', key: 'o1', request: { amount: 1 }, notBefore: soon }]));
    await settled();
    expect((await test.pool.query('select 1 from effect where submitted_at >= $1', [soon])).rowCount).toBe(1);
  });

  it('C3: a refusal is an outcome: told once, never sent again', async () => {
    till.lever = () => 'refuses';
    await start();
    await intend('o1');
    await settled();
    expect([await told(), await row()]).toEqual([['o1 refused TILL_CLOSED'], expect.objectContaining({ state: 'refused', attempts: 1, error: { code: 'TILL_CLOSED', reason: 'no sale to this customer' } })]);
    await intend('o1');
    await intend('o2');
    await settled('o2');
    expect(till.submits).toHaveLength(2);
  });

  it('S6: an answer that was lost is found by reading back, and not sent a second time', async () => {
    till.lever = () => 'loses-answer';
    await start();
    await intend('o1');
    await settled();
    expect([await told(), till.sales.length, till.looks.length]).toEqual([['o1 confirmed receipt o1'], 1, 1]);
  });

  it('S6: an absence counts only after the deadline and the settle time, and then it is sent again with the same key', async () => {
    till.lever = (_key, nth) => (nth === 1 ? 'fails' : 'fine');
    await start();
    await intend('o1');
    await settled();
    const [first, second] = till.submits.map(({ at }) => at);
    expect(Number(second) - Number(first)).toBeGreaterThanOrEqual(deadlineMs + settleMs - 50);
    expect(till.looks.length).toBeGreaterThanOrEqual(2);
    expect(await row()).toMatchObject({ state: 'confirmed', attempts: 2 });
    expect(till.sales.map(({ idempotencyKey }) => idempotencyKey)).toEqual(['sale:o1']);
  });

  it('S6: what shows late is not sent again, however often it is touched', async () => {
    till.lever = () => 'loses-answer';
    till.visibleAfterMs = deadlineMs + settleMs / 2;
    await start();
    await intend('o1');
    await eventually(async () => {
      await database.transaction((tx) => touchEffect(tx, 'sale', 'o1'));
      return (await row()).state === 'confirmed';
    });
    expect([till.sales.length, await told()]).toEqual([1, ['o1 confirmed receipt o1']]);
    expect(till.looks.length).toBeGreaterThan(2);
  });

  it('S6: a system that can not be asked leaves it unknown, for as long as that lasts', async () => {
    till.lever = () => 'loses-answer';
    till.blind = () => new StewardError('SOURCE_UNAVAILABLE', 'down');
    await start();
    await intend('o1');
    await eventually(() => till.looks.length >= 4);
    expect([await row(), till.submits.length, await told()]).toEqual([expect.objectContaining({ state: 'unknown', error: { code: 'SOURCE_UNAVAILABLE', reason: 'SOURCE_UNAVAILABLE: down' } }), 1, []]);
    till.blind = undefined;
    await settled();
    expect(till.sales).toHaveLength(1);
  });

  it('C3: what proves that nothing was sent needs no look', async () => {
    let refusals = 2;
    const effect = till.effect({ deadlineMs, settleMs });
    await start([{ ...effect, submit: (request, call) => (refusals-- > 0 ? Promise.reject(nothingSent(new StewardError('SOURCE_RATE_LIMITED', 'slowly'))) : effect.submit(request, call)) }]);
    await intend('o1');
    await settled();
    expect([till.looks.length, till.sales.length, (await row()).attempts]).toEqual([0, 1, 3]);
  });

  it('C3: what its own code calls hopeless is refused, once it is known not to have happened', async () => {
    await start([{ ...till.effect({ deadlineMs, settleMs }), submit: () => Promise.reject(new RejectedError('ITEM_INVALID', 'a sale of nothing')) }]);
    await intend('o1');
    await settled();
    expect([await told(), (await row()).attempts]).toEqual([['o1 refused ITEM_INVALID'], 1]);
  });

  it('a request is what its form makes of it, for the call and for what follows', async () => {
    await start();
    await database.transaction((tx) => intendEffects(tx, [{ kind: 'sale', key: 'o1', request: {} }]));
    await settled();
    expect((await test.pool.query('select amount from telling')).rows).toEqual([{ amount: 7 }]);
  });

  it('a request that does not have the form of its effect is refused unsent', async () => {
    await start([{ ...till.effect({ deadlineMs, settleMs }), settled: (tx, { key, outcome }) => tx.query('insert into telling (key, kind, text, amount) values ($1, $2, $3, 0)', [key, outcome.kind, outcome.kind === 'refused' ? outcome.code : '']).then(() => undefined) }]);
    await database.transaction((tx) => intendEffects(tx, [{ kind: 'sale', key: 'o1', request: { amount: 'much' } }]));
    await settled();
    expect([await told(), till.submits]).toEqual([['o1 refused EFFECT_REQUEST_INVALID'], []]);
  });

  it('a pending one is told with each new answer, and read back when it is touched', async () => {
    till.lever = () => 'asks-payer';
    await start();
    await intend('o1');
    await eventually(async () => (await told()).length === 1);
    expect(await database.transaction((tx) => touchEffect(tx, 'sale', 'o1'))).toBe(true);
    await eventually(() => till.looks.length === 1);
    till.paid.add('o1');
    await eventually(async () => {
      await database.transaction((tx) => touchEffect(tx, 'sale', 'o1'));
      return (await row()).state === 'confirmed';
    });
    expect(await told()).toEqual(['o1 pending pay o1', 'o1 confirmed receipt o1']);
    expect([await database.transaction((tx) => touchEffect(tx, 'sale', 'o1')), till.submits.length]).toEqual([false, 1]);
  });

  it('a pending one that is missing in a look is not sent again', async () => {
    till.lever = () => 'asks-payer';
    await start();
    await intend('o1');
    await eventually(async () => (await told()).length === 1);
    till.visibleAfterMs = Infinity;
    await eventually(async () => {
      await database.transaction((tx) => touchEffect(tx, 'sale', 'o1'));
      return till.looks.length > 3;
    });
    expect([await row(), till.submits.length]).toEqual([expect.objectContaining({ state: 'pending' }), 1]);
  });

  it('one that is given up is never sent, or its outcome is waited for', async () => {
    const abandon = (key: string) => database.transaction((tx) => abandonEffect(tx, 'sale', key));
    await intend('never', 'lost', 'failed');
    expect(await abandon('never')).toBe('never');
    expect(await abandon('no such')).toBe('never');
    till.lever = (key) => (key === 'lost' ? 'loses-answer' : 'fails');
    till.blind = () => new Error('not yet');
    await start();
    await eventually(() => till.submits.length === 2);
    expect([await abandon('lost'), await abandon('failed')]).toEqual(['open', 'open']);
    till.blind = undefined;
    await Promise.all([settled('lost'), settled('failed')]);
    expect((await told()).sort()).toEqual(['failed refused EFFECT_ABANDONED', 'lost confirmed receipt lost']);
    expect([await abandon('lost'), await abandon('failed'), await abandon('never')]).toEqual(['confirmed', 'refused', 'refused']);
    expect(till.submits).toHaveLength(2);
  });

  it('one that is given up is not sent by whoever takes it up again', async () => {
    await intend('o1');
    // As a call leaves it that found the breaker open, and was not told meanwhile that nobody wants it any more.
    await test.pool.query('update effect set abandoned_at = now()');
    await start();
    await settled();
    expect([await told(), till.submits, till.looks]).toEqual([['o1 refused EFFECT_ABANDONED'], [], []]);
  });

  it('S6: a process that slept after its claim sends nothing with it', async () => {
    let slept = 0;
    const dozing: Pick<Database, 'query' | 'transaction'> = {
      transaction: database.transaction,
      query: async (statement, values) => {
        const rows = await database.query<never>(statement, values);
        if (typeof statement !== 'string' && statement.name === 'kit-effect-claim' && rows.length > 0 && (slept += 1) === 1) await new Promise((resolve) => setTimeout(resolve, deadlineMs + 20));
        return rows;
      },
    };
    const claims: number[] = [];
    const effect = till.effect({ deadlineMs, settleMs });
    await start([{ ...effect, submit: (request, call) => (claims.push(slept), effect.submit(request, call)) }], 6_000, dozing);
    await intend('o1');
    await settled();
    expect([claims, till.sales.length]).toEqual([[2], 1]);
  });

  it('I2: several replicas make each of them once', async () => {
    await Promise.all([start(), start(), start()]);
    const keys = Array.from({ length: 120 }, (_, index) => `o${index}`);
    await Promise.all([intend(...keys.slice(0, 80)), intend(...keys.slice(40))]);
    await eventually(async () => (await told()).length >= keys.length, { withinMs: 60_000 });
    expect([till.sales.length, new Set(till.sales.map(({ key }) => key)).size, (await told()).length]).toEqual([120, 120, 120]);
  });

  it('I2: a call that takes longer than a claim is nobody else’s while its process lives', async () => {
    let [begun, looks, answer] = [false, 0, (): void => undefined];
    const slow = defineEffect<unknown, string>({
      kind: 'sale', deadlineMs: 60_000, settleMs,
      submit: () => new Promise((resolve) => {
        begun = true;
        answer = () => resolve({ kind: 'confirmed', answer: 'at last' });
      }),
      readBack: () => Promise.resolve({ kind: 'absent' as const, looked: (looks += 1) }),
      settled: () => Promise.resolve(),
    });
    for (let replica = 0; replica < 2; replica += 1) await start([slow], 300);
    await intend('o1');
    await eventually(() => begun);
    const claimedUntil = async () => (await test.pool.query<{ until: Date }>('select claimed_until as until from effect')).rows[0]?.until.getTime() ?? 0;
    const first = await claimedUntil();
    // Three claims later: without renewals the other replica would have had it long ago.
    await eventually(async () => (await claimedUntil()) > first + 900);
    answer();
    await settled();
    expect([await row(), looks]).toEqual([expect.objectContaining({ state: 'confirmed', attempts: 1, answer: 'at last' }), 0]);
  });

  it('T1: a process that ends between the call and the commit leaves a question that another one answers', async () => {
    disarm = armFaults('effect-commit=hang#1');
    await start();
    await intend('o1');
    await eventually(() => till.sales.length === 1);
    // It will never store what it knows; its claim runs out.
    await start();
    await settled();
    expect([till.sales.length, await told()]).toEqual([1, ['o1 confirmed receipt o1']]);
  });

  it('T1: a call that hangs is given up at the deadline and read back', async () => {
    disarm = armFaults('effect-submit=hang#1');
    await start([till.effect({ deadlineMs, settleMs, concurrency: 1 })]);
    await intend('o1');
    await settled();
    expect([till.sales.length, till.submits.length, await told()]).toEqual([1, 1, ['o1 confirmed receipt o1']]);
    expect(await row()).toMatchObject({ attempts: 2 });
  });

  it('T1: what is stored and not known to be is not told twice', async () => {
    till.lever = (key) => (key === 'o2' ? 'asks-payer' : 'fine');
    disarm = armFaults('effect-commit=throw-after');
    await start();
    await intend('o1', 'o2');
    await eventually(async () => (await told()).length === 2);
    await settled();
    await database.transaction((tx) => touchEffect(tx, 'sale', 'o2'));
    await eventually(() => till.looks.length > 0);
    expect((await told()).sort()).toEqual(['o1 confirmed receipt o1', 'o2 pending pay o2']);
  });

  it('T2: whatever throws wherever, each is made once and told once', async () => {
    disarm = armFaults('effect-submit=throw-before@0.2,effect-submit=throw-after@0.3,effect-read-back=throw-before@0.2,effect-read-back=throw-after@0.2,effect-commit=throw-before@0.2,effect-commit=throw-after@0.2,seed=11');
    till.lever = (key, nth) => (['fine', 'loses-answer', 'fails', 'refuses'] as const)[(key.charCodeAt(key.length - 1) + nth) % 4] ?? 'fine';
    await Promise.all([start(), start()]);
    const keys = Array.from({ length: 40 }, (_, index) => `o${index}`);
    await intend(...keys);
    await eventually(async () => (await test.pool.query('select 1 from effect where settled_at is null')).rowCount === 0, { withinMs: 60_000 });
    const sold = till.sales.map(({ key }) => key);
    expect(sold.length).toBe(new Set(sold).size);
    const tellings = await told();
    expect(tellings).toHaveLength(40);
    expect(tellings.filter((text) => text.includes('confirmed')).map((text) => text.split(' ')[0]).sort()).toEqual([...sold].sort());
  });

  it('C10: a stopped process leaves nothing claimed', async () => {
    const effect = defineEffect<{ amount: number }, string>({ ...till.effect({ deadlineMs: 60_000, settleMs }), submit: () => new Promise(() => undefined) } as never);
    const runner = await start([effect]);
    await intend('o1');
    await eventually(async () => (await row()).state === 'submitted');
    await runner.stop();
    expect((await test.pool.query('select state, claimed_until from effect')).rows).toEqual([{ state: 'unknown', claimed_until: null }]);
  });

  it('shows how many are open, and what came of each step', async () => {
    till.lever = (key) => (key === 'o1' ? 'asks-payer' : 'fine');
    await start();
    await intend('o1', 'o2');
    await eventually(async () => (await told()).length === 2);
    await eventually(async () => {
      const { text } = await scrape();
      expect(text).toMatch(/steward_effects_open\{kind="sale",state="pending"\} 1/);
      expect(text).toMatch(/steward_effects_total\{kind="sale",outcome="confirmed"\} \d/);
      return true;
    });
  });
});

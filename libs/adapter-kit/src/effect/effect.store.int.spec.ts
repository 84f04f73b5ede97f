import { consumerMigrations } from '@steward/event-bus';
import { createLogger, type Database, openDatabase } from '@steward/platform';
import { eventually, testDatabase, type TestDatabase } from '@steward/testing';
import { kitMigrations } from '../announce/kit.migration';
import { type Claimed, claimEffects, type Claims, moveEffect, type NextState } from './effect.store';
import { intendEffects, touchEffect } from './intend';

const hourMs = 3_600_000;
const next = (state: NextState['state'], afterMs = hourMs): NextState => ({ state, error: null, failures: 0, afterMs });

describe('the rows of effects', () => {
  let test: TestDatabase;
  let database: Database;
  beforeAll(async () => {
    test = await testDatabase({ migrations: [...consumerMigrations, ...kitMigrations] });
    database = await openDatabase({ url: test.url, name: 'effects', migrations: [], logger: createLogger({ service: 'effects', level: 'silent' }) });
  });
  beforeEach(() => test.pool.query('truncate effect'));
  afterAll(async () => {
    await database.close();
    await test.drop();
  });

  const intend = (...keys: string[]) => database.transaction((tx) => intendEffects(tx, keys.map((key) => ({ kind: 'sale', key, request: {} }))));
  const claims = (limit = 10, claimMs = hourMs): Promise<Claims> => claimEffects(database, 'sale', { limit, claimMs, absenceAfterMs: hourMs, flow: 'erp.sale' });
  const claim = async (limit?: number, claimMs?: number): Promise<readonly Claimed[]> => (await claims(limit, claimMs)).claimed;
  const one = async (claimMs = hourMs): Promise<Claimed> => {
    const [claimed] = await claim(1, claimMs);
    if (claimed === undefined) throw new Error('nothing to claim');
    return claimed;
  };
  const move = (claimed: Claimed, to: NextState): Promise<boolean> => database.transaction((tx) => moveEffect(tx, 'sale', claimed, to));
  const touch = () => database.transaction((tx) => touchEffect(tx, 'sale', 'o1'));
  const state = async () => (await test.pool.query('select state from effect')).rows[0]?.state as string;

  it('I2: a claim is one process’s, until it ends it or it has run out', async () => {
    await intend('o1', 'o2', 'o3');
    const [first, second] = await Promise.all([claim(2), claim(2)]);
    expect([...first, ...second].map(({ key }) => key).sort()).toEqual(['o1', 'o2', 'o3']);
    expect(await claim()).toEqual([]);
  });

  it('I2: what a process brings after its claim has run out changes nothing', async () => {
    await intend('o1');
    const late = await one(0);
    await test.pool.query('update effect set next_at = now()');
    const successor = await one();
    expect([successor.was, successor.claim > late.claim]).toEqual(['submitted', true]);
    expect([await move(late, next('confirmed')), await state()]).toEqual([false, 'submitted']);
    expect([await move(successor, next('pending')), await state()]).toEqual([true, 'pending']);
  });

  it('I2: a claim is ended once', async () => {
    await intend('o1');
    const claimed = await one();
    expect([await move(claimed, next('pending')), await move(claimed, next('pending')), await move(claimed, next('confirmed'))]).toEqual([true, false, false]);
  });

  it('I2: what a restored database does not know of is asked for before it is sent, as long as its command may come again', async () => {
    await test.pool.query(`insert into effect_doubt (since, until) values (now() - interval '2 hours', now() + interval '1 hour')`);
    await intend('o1');
    const doubted = await one();
    expect([doubted.was, doubted.absenceCountsInMs < 0]).toEqual(['unknown', true]);
    await test.pool.query(`update effect_doubt set until = now()`);
    await intend('o2');
    expect((await one()).was).toBe('intended');
    await test.pool.query('truncate effect_doubt');
  });

  it('a touch during a call is not forgotten', async () => {
    await intend('o1');
    const claimed = await one();
    expect(await touch()).toBe(true);
    expect(await claim()).toEqual([]);
    await move(claimed, next('pending'));
    const again = await one();
    expect(again.was).toBe('pending');
    await move(again, next('pending'));
    expect(await claims()).toEqual({ claimed: [], dueInMs: expect.closeTo(hourMs, -5) });
  });

  it('a claim says when the next effect is due that it leaves, unless others may be due now', async () => {
    await intend('o1', 'o2', 'o3');
    await test.pool.query(`update effect set next_at = now() + interval '30 minutes' where key = 'o3'`);
    expect(await claims(1)).toEqual({ claimed: [expect.anything()], dueInMs: undefined });
    expect(await claims(2)).toEqual({ claimed: [expect.anything()], dueInMs: expect.closeTo(hourMs / 2, -5) });
  });

  it('S6: a touch brings no second submit nearer', async () => {
    await intend('o1');
    await move(await one(), next('unknown', 0));
    const looked = await one();
    expect(looked.absenceCountsInMs).toBeGreaterThan(0);
    await move(looked, next('intended'));
    expect([await touch(), await claim()]).toEqual([false, []]);
    // Nor one that came while it was looked for.
    await test.pool.query('update effect set next_at = now()');
    const submitted = await one();
    expect(await touch()).toBe(true);
    await move(submitted, next('intended'));
    expect(await claim()).toEqual([]);
  });

  it('what is intended wakes who runs it, once a kind', async () => {
    const heard: string[] = [];
    const client = await test.pool.connect();
    client.on('notification', ({ payload }) => heard.push(payload ?? ''));
    try {
      await client.query('listen effect');
      await intend('o1', 'o2');
      await intend('o1');
      await database.transaction((tx) => intendEffects(tx, [{ kind: 'refund', key: 'r1', request: {} }]));
      await eventually(() => heard.includes('refund'));
      expect(heard).toEqual(['sale', 'refund']);
    } finally {
      client.release(true);
    }
  });
});

import { RejectedError } from '@steward/platform';
import type { PoolClient } from 'pg';
import { platformOwner } from '../../dead-letter/dead-letter.store';
import { businessCase } from '../failure';
import { createHeaders, delivered, envelopeOf, messageOf, openRig, recordingProjection, type Rig, sound, stock, stockLevel } from '../rig.spec';
import { sweep } from '../held/sweep';

interface Letter { key: string; class: string; kind: string; state: string; owner: { team: string }; body: Buffer; headers: Record<string, string[]>; attempts: number; fingerprint: string; error: string; closed_reason: string | null }

describe('applying a batch', () => {
  let rig: Rig;
  let now = Date.parse('2026-11-24T12:00:00Z');
  let fail: (key: string, tx: PoolClient) => Error | undefined | Promise<Error | undefined> = () => undefined;
  /** As if PostgreSQL were stopped at this moment. */
  const cut = async (_key: string, tx: PoolClient): Promise<Error | undefined> => tx.query('select pg_terminate_backend(pg_backend_pid())').then(() => undefined, (error: Error) => error);
  beforeAll(async () => {
    rig = await openRig({ projection: recordingProjection((key, tx) => fail(key, tx)), clock: { now: () => now, sleep: () => Promise.resolve() } });
  });
  afterAll(() => rig.close());
  beforeEach(async () => {
    fail = () => undefined;
    now = Date.parse('2026-11-24T12:00:00Z');
    await rig.test.pool.query('truncate stored_part, dead_letter, dead_letter_act, delivery_attempt, apply_journal, effect');
  });
  const letters = () => rig.rows<Letter>('select * from dead_letter order by key');
  const keysStored = async () => (await rig.rows<{ key: string }>('select key from stored_part order by key')).map((row) => row.key);

  it('C2: one poison message in a batch costs only itself, whatever is wrong with it', async () => {
    const bystanders = Array.from({ length: 20 }, (_, index) => stock(`ok${index}@m`, 1));
    const poison = [
      stock('type@m', 1, 1, { body: '{"sku":"S","location":"m","onHand":"many"}' }),
      stock('json@m', 1, 1, { body: '{{' }),
      stock('nul@m', 1, 1, { body: '{"sku":"S\\u0000","location":"m","onHand":1}' }),
      envelopeOf(stockLevel, 'erp', 'nul\u0000key@m', { sku: 'S', location: 'm', onHand: 1 }),
      envelopeOf(stockLevel, 'erp', 'a.*> b🦉@m', { sku: 'S', location: 'm', onHand: {} }),
      stock('thrown@m', 1),
      stock('year@m', 1, 1, { time: '-000001-01-01T00:00:00Z' }),
    ];
    fail = (key) => (key === 'thrown@m' ? new RejectedError('CONSUMER_POISON', 'never') : undefined);
    const mixed = bystanders.flatMap((each, index) => [each, ...(poison[index] ? [poison[index]] : [])]);
    const outcomes = await rig.run(...mixed.map((each) => delivered(each)));
    expect([...outcomes.values()].every((outcome) => outcome.kind === 'done')).toBe(true);
    expect(await keysStored()).toEqual(bystanders.map((each) => each.key).sort());
    expect((await letters()).map((letter) => [letter.key, letter.class]).sort()).toEqual([
      ['a.*> b🦉@m', 'schema'], ['json@m', 'unreadable'], ['nul%00key%40m', 'unstorable'], ['nul@m', 'schema'], ['thrown@m', 'rejected'], ['type@m', 'schema'], ['year@m', 'unstorable'],
    ]);
  });

  it('C4: a letter has the original bytes and headers, an owner from the contract and a fingerprint', async () => {
    const broken = stock('S@m', 4, 1, { body: '{"sku":  7 }' });
    await rig.run(delivered(broken));
    const [letter] = await letters();
    expect(letter).toMatchObject({ kind: 'letter', state: 'open', owner: stockLevel.owner, headers: { 'ce-id': [broken.id], 'ce-revision': ['4'] }, cause: 'contract', message: expect.stringMatching(/^\//), fingerprint: expect.stringMatching(/^[0-9a-f]{32}$/) });
    expect(letter?.body.toString()).toBe('{"sku":  7 }');
  });

  it('B9: a message that does not belong to its subject is a security case of the platform team, and hides no letter of the id it claims', async () => {
    const honest = stock('S@m', 4, 1, { body: '{}' });
    await rig.run(delivered({ ...messageOf(honest), headers: createHeaders() }), delivered({ ...messageOf(honest), subject: 'evt.erp.stock-level.v1.T@m' }), delivered(honest));
    expect((await letters()).map((letter) => [letter.key, letter.kind, letter.owner.team])).toEqual(
      expect.arrayContaining([['S@m', 'security', platformOwner.team], ['T@m', 'security', platformOwner.team], ['S@m', 'letter', stockLevel.owner.team]]));
  });

  it('I5: a redelivery of what was given up finds its letter instead of opening a second one', async () => {
    const broken = stock('S@m', 4, 1, { body: '{}' });
    await rig.run(delivered(broken));
    await rig.run(delivered(broken, 2));
    expect(await letters()).toHaveLength(1);
  });

  it('C5: a newer state closes the older letter by itself, with the reason; an older one leaves it open', async () => {
    await rig.run(delivered(stock('S@m', 4, 1, { body: '{}' })));
    await rig.run(delivered(stock('S@m', 3)));
    expect(await letters()).toMatchObject([{ state: 'open' }]);
    await rig.run(delivered(stock('S@m', 5)));
    expect(await letters()).toMatchObject([{ state: 'superseded', closed_reason: 'revision 5 was applied' }]);
  });

  it('C5: a fault that comes after a newer state was stored is kept, but is nobody\'s work', async () => {
    await rig.run(delivered(stock('S@m', 5)));
    await rig.run(delivered(stock('S@m', 4, 1, { body: '{}' })));
    expect(await letters()).toMatchObject([{ state: 'superseded', closed_reason: 'a newer state was already stored' }]);
  });

  it('C5: a letter and a newer state that did not see each other are brought together by the sweep', async () => {
    await rig.run(delivered(stock('S@m', 4, 1, { body: '{}' })));
    await rig.test.pool.query(`insert into stored_part values ('stock-level', 'S@m', 5, null, '', now(), 'live', gen_random_uuid())`);
    await sweep(rig.work);
    expect(await letters()).toMatchObject([{ state: 'superseded' }]);
  });

  it('C3: the unforeseen is tried at least five times over a quarter of an hour, then it is a letter', async () => {
    fail = () => new TypeError('surprise');
    const message = stock('S@m', 1);
    for (let tries = 1; tries <= 5; tries++) {
      expect((await rig.run(delivered(message))).get(message.id)).toMatchObject({ kind: 'later' });
      now += 60_000;
    }
    now += 11 * 60_000;
    expect((await rig.run(delivered(message))).get(message.id)).toEqual({ kind: 'done' });
    expect(await letters()).toMatchObject([{ class: 'exhausted', attempts: 6, cause: 'bug', frame: expect.stringContaining('runner.int.spec') }]);
    expect(await rig.rows('select from delivery_attempt')).toHaveLength(0);
  });

  it('C3: a failure that passes leaves no letter and no attempt behind', async () => {
    fail = () => new TypeError('surprise');
    await rig.run(delivered(stock('S@m', 1, 1, { id: '00000000-0000-4000-8000-000000000001' })));
    fail = () => undefined;
    await rig.run(delivered(stock('S@m', 1, 1, { id: '00000000-0000-4000-8000-000000000001' }), 2));
    expect([await letters(), await rig.rows('select from delivery_attempt'), await keysStored()]).toEqual([[], [], ['S@m']]);
  });

  it('C3: a business case is a case at once', async () => {
    fail = () => businessCase('over the credit limit');
    await rig.run(delivered(stock('S@m', 1)));
    expect(await letters()).toMatchObject([{ class: 'business', error: 'over the credit limit', attempts: 1 }]);
  });

  it('C3: what is the infrastructure\'s fault burns no attempt and opens no letter', async () => {
    fail = cut;
    await expect(rig.run(delivered(stock('S@m', 1)), delivered(stock('T@m', 1)))).rejects.toThrow('DATABASE_UNAVAILABLE');
    expect([await letters(), await rig.rows('select from delivery_attempt')]).toEqual([[], []]);
  });

  it('C3: a connection that a handler\'s own call lost is the message\'s failure, for which no other message waits', async () => {
    fail = (key) => (key === 'S@m' ? Object.assign(new Error('connect ECONNREFUSED vendor'), { code: 'ECONNREFUSED' }) : undefined);
    const failing = stock('S@m', 1);
    const outcomes = await rig.run(delivered(failing), delivered(stock('T@m', 1)));
    expect(outcomes.get(failing.id)).toMatchObject({ kind: 'later' });
    expect(await keysStored()).toEqual(['T@m']);
  });

  it('C5b: a third delivery is counted before it is handled, so that poison which kills the process counts too', async () => {
    const killer = stock('S@m', 1);
    let counted: unknown[] = [];
    for (let delivery = 3; delivery <= 7; delivery++) {
      fail = cut; // the process dies here
      await expect(rig.run(delivered(killer, delivery))).rejects.toThrow('DATABASE_UNAVAILABLE');
      counted = await rig.rows('select attempts from delivery_attempt');
    }
    expect(counted).toEqual([{ attempts: 5 }]);
    let handled = 0;
    fail = () => void handled++ as undefined;
    expect((await rig.run(delivered(killer, 8))).get(killer.id)).toMatchObject({ kind: 'later' });
    now += 15 * 60_000;
    await rig.run(delivered(killer, 9));
    expect(handled).toBe(0);
    expect(await letters()).toMatchObject([{ class: 'exhausted', attempts: 7 }]);
  });

  it('B6: a bulk redelivery changes nothing and calls no projection', async () => {
    const messages = Array.from({ length: 50 }, (_, index) => stock(`k${index}@m`, 2));
    await rig.run(...messages.map((each) => delivered(each)));
    await rig.run(...messages.map((each) => delivered(each, 2)));
    expect(await rig.rows('select from effect')).toHaveLength(50);
    expect(await letters()).toEqual([]);
  });

  it('one revision given twice with two contents is a conflict letter beside what is stored', async () => {
    await rig.run(sound(stock('S@m', 2, 10)));
    await rig.run(sound(stock('S@m', 2, 11)));
    expect(await letters()).toMatchObject([{ class: 'conflict', state: 'open' }]);
    await rig.run(sound(stock('S@m', 3)));
    expect(await letters()).toMatchObject([{ state: 'superseded' }]);
  });
});

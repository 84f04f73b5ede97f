import { manualClock, type ManualClock } from '@steward/platform';
import { eventually } from '@steward/testing';
import { keysInPart, mostExceptKeys } from './claim-progress';
import { decideHeldChange, listHeld } from '../guard/decide-held';
import { openRig, type Rig } from '../fixtures/rig.fixture.spec';

describe('O8: feed progress', () => {
  let rig: Rig;
  let clock: ManualClock;

  beforeEach(async () => {
    clock = manualClock();
    rig = await openRig({ clock, progressEveryMs: 15_000, pace: { pollEveryMs: 1_000, overlapEveryMs: 5_000, safetyLagMs: 2_000 } });
    rig.shop.put('sku-1@main', 1);
    rig.lease.start();
    rig.runner.start();
    await tickUntil(async () => rig.runner.position().completeUpTo !== null);
  });
  afterEach(() => rig.close());

  /** Lets fake seconds pass until it is so; readers go on between them. */
  async function tickUntil(condition: () => Promise<boolean> | boolean): Promise<void> {
    await eventually(async () => {
      if (await condition()) return true;
      clock.advance(1_000);
      return false;
    });
  }

  const watermark = (epoch: string, sequence: number): Promise<unknown> =>
    rig.rows(`insert into outbox_watermark values ('ERP_STATE', $1, $2) on conflict (stream) do update set epoch = $1, sequence = $2`, [epoch, sequence]);
  const acknowledge = async (epoch: string, sequence: number): Promise<void> => {
    await watermark(epoch, sequence);
    await rig.rows('update outbox set published_at = now() where published_at is null');
  };

  interface Progress {
    completeUpTo: string;
    stream: string;
    epoch: string;
    sequence: number;
    exceptKeys?: string[];
    part?: { number: number; of: number; sequence: number };
  }
  const claims = async (): Promise<Progress[]> => (await rig.rows<{ body: string }>(`select body from outbox where kind = 'event' order by id`)).map(({ body }) => JSON.parse(body) as Progress);

  it('is not claimed while a row that was written before it waits for its acknowledgement', async () => {
    await watermark('epoch-1', 3);
    // Several complete overlap reads, each of which would have something to claim.
    for (let n = 0; n < 3; n += 1) {
      const before = rig.runner.position().completeUpTo;
      await tickUntil(() => rig.runner.position().completeUpTo !== before);
    }
    expect(await claims()).toEqual([]);
    await acknowledge('epoch-1', 7);
    await tickUntil(async () => (await claims()).length > 0);
    expect((await claims())[0]).toMatchObject({ system: 'erp', entity: 'stock-level', stream: 'ERP_STATE', epoch: 'epoch-1', sequence: 7 });
  });

  it('grows while the feed is read without a change, and lags by the safety lag', async () => {
    await acknowledge('epoch-1', 7);
    await tickUntil(async () => (await claims()).length >= 3);
    const times = (await claims()).map(({ completeUpTo }) => Date.parse(completeUpTo));
    expect(times).toEqual([...times].sort((a, b) => a - b));
    expect(new Set(times).size).toBe(times.length);
    for (const time of times) expect(time).toBeLessThanOrEqual(clock.now() - 2_000);
  });

  /** Waits for a claim that was begun after this call. */
  const nextClaim = async (): Promise<Progress> => {
    const before = (await claims()).length;
    // The first of them may have been waiting already.
    await tickUntil(async () => (await claims()).length >= before + 2);
    const last = (await claims()).at(-1);
    if (last === undefined) throw new Error('no claim');
    return last;
  };
  const openLetters = async (): Promise<number> => (await rig.rows<{ count: number }>(`select count(*)::int as count from dead_letter where state = 'open'`))[0]?.count ?? 0;

  it('O8: does not speak for a quarantined key until the claim after its item is mended', async () => {
    await acknowledge('epoch-1', 7);
    expect(await nextClaim()).not.toHaveProperty('exceptKeys');
    rig.shop.put('sku-1@main', 'many');
    rig.shop.put('nul-\u0000@main', 'many');
    await tickUntil(async () => (await openLetters()) === 2);
    expect((await nextClaim()).exceptKeys).toEqual(['sku-1@main']);

    rig.shop.remove('nul-\u0000@main');
    rig.shop.put('sku-1@main', 2);
    await tickUntil(async () => (await rig.announced())['sku-1@main'] === 2);
    await acknowledge('epoch-1', 8);
    expect(await nextClaim()).not.toHaveProperty('exceptKeys');
  });

  it('O8: does not speak for a key that the guard holds until the claim after it is sound or released', async () => {
    await rig.close();
    const guard = { delete: { max: 100, ratio: 0.1 }, changes: [{ field: 'onHand', when: 'zero' as const, max: 0, ratio: 0 }] };
    rig = await openRig({ clock, guard, progressEveryMs: 15_000, pace: { pollEveryMs: 1_000, overlapEveryMs: 5_000, safetyLagMs: 2_000 } });
    for (const id of ['sku-1@main', 'sku-2@main']) rig.shop.put(id, 1);
    rig.lease.start();
    rig.runner.start();
    await tickUntil(async () => rig.runner.position().completeUpTo !== null);
    await acknowledge('epoch-1', 7);
    await nextClaim();
    for (const id of ['sku-1@main', 'sku-2@main']) rig.shop.put(id, 0);
    await tickUntil(async () => (await listHeld(rig.database)).length === 1);
    expect((await nextClaim()).exceptKeys).toEqual(['sku-1@main', 'sku-2@main']);
    expect(await rig.announced()).toEqual({ 'sku-1@main': 1, 'sku-2@main': 1 });

    const [held] = await listHeld(rig.database);
    rig.shop.put('sku-2@main', 3);
    await tickUntil(async () => (await rig.announced())['sku-2@main'] === 3);
    await decideHeldChange(rig.database, held?.id ?? '', 'release', { actor: 'ines', reason: 'sold out' });
    await tickUntil(async () => (await rig.announced())['sku-1@main'] === 0);
    await acknowledge('epoch-1', 9);
    expect(await nextClaim()).not.toHaveProperty('exceptKeys');
  });

  it('O8: a claim that waits keeps the keys that were in quarantine when it began, mended or not', async () => {
    await acknowledge('epoch-1', 7);
    await nextClaim();
    rig.shop.put('sku-1@main', 'many');
    await tickUntil(async () => (await openLetters()) === 1);
    // Unacknowledged, so that the claims that follow wait for it.
    rig.shop.put('sku-2@main', 2);
    await tickUntil(async () => (await rig.outbox()).some(({ key }) => key === 'sku-2@main'));
    const before = (await claims()).length;
    const position = rig.runner.position().completeUpTo?.getTime() ?? 0;
    await tickUntil(() => (rig.runner.position().completeUpTo?.getTime() ?? 0) > position + 40_000);
    rig.shop.put('sku-1@main', 3);
    await tickUntil(async () => (await openLetters()) === 0);
    expect((await claims()).length).toBeLessThanOrEqual(before + 1);
    const waited = (await claims()).length;
    await acknowledge('epoch-1', 8);
    await tickUntil(async () => (await claims()).length > waited);
    expect((await claims())[waited]?.exceptKeys).toEqual(['sku-1@main']);
  });

  it('O8: with more quarantined keys than a message takes it is claimed in parts, which hold together; with far too many not at all', async () => {
    await acknowledge('epoch-1', 7);
    await nextClaim();
    const park = (from: number, to: number): Promise<unknown> =>
      rig.rows(
        `insert into dead_letter (consumer, identity, entity, key, subject, headers, body, class, error, fingerprint, attempts, versions, owner, opened_at, last_seen_at)
         select 'erp-stock-level-feed', 'key sku-' || n || '%40main', 'stock-level', 'sku-' || n || '@main', 's', '{}', '', 'schema', 'e', 'f', 1, '{}', '{}', now(), now()
         from generate_series($1::int, $2::int) n`,
        [from, to],
      );
    await park(101, 100 + keysInPart);
    expect(await nextClaim()).toMatchObject({ sequence: 7, exceptKeys: { length: keysInPart } });
    await park(100, 100);
    await nextClaim();
    const parts = (await claims()).slice(-2);
    expect(parts).toMatchObject([1, 2].map((number) => ({ completeUpTo: parts[0]?.completeUpTo, sequence: Number.MAX_SAFE_INTEGER, part: { number, of: 2, sequence: 7 } })));
    expect(new Set(parts.flatMap(({ exceptKeys = [] }) => exceptKeys)).size).toBe(keysInPart + 1);

    await park(101 + keysInPart, 100 + mostExceptKeys);
    await tickUntil(async () => {
      const before = (await claims()).length;
      const { completeUpTo } = rig.runner.position();
      await tickUntil(() => (rig.runner.position().completeUpTo?.getTime() ?? 0) > (completeUpTo?.getTime() ?? 0) + 40_000);
      return (await claims()).length === before;
    });
    const silent = (await claims()).length;
    await rig.rows(`update dead_letter set state = 'discarded', closed_at = now()`);
    await tickUntil(async () => (await claims()).length > silent);
  });

  it('stands still while the source can’t be read', async () => {
    await acknowledge('epoch-1', 7);
    await tickUntil(async () => (await claims()).length > 0);
    rig.shop.spoil('changes', () => {
      throw new Error('the source is down');
    });
    await eventually(() => rig.shop.asked.changes > 0);
    const asked = rig.shop.asked.changes;
    await tickUntil(() => rig.shop.asked.changes > asked + 3);
    const stood = rig.runner.position().completeUpTo;
    await tickUntil(() => rig.shop.asked.changes > asked + 6);
    expect(rig.runner.position().completeUpTo).toEqual(stood);
  });
});

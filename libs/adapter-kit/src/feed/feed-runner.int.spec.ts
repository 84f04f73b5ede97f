import { manualClock } from '@steward/platform';
import { eventually } from '@steward/testing';
import { openRig, type Rig, type RigOptions } from '../fixtures/rig.fixture.spec';
import { storeHints } from './hint.store';

describe('a feed', () => {
  let rig: Rig;
  const open = async (options?: RigOptions): Promise<Rig> => (rig = await openRig(options));
  const start = (): void => {
    rig.lease.start();
    rig.runner.start();
  };
  /** And read through once: a pass under way would find what is changed now before the poll does, and say it in its own lane. */
  const imported = () => eventually(async () => rig.runner.position().imported && (await rig.rows('select 1 from feed where last_pass_at is not null')).length > 0);
  afterEach(() => rig.close());

  it('announces what the source has, then what changes, each change once', async () => {
    await open();
    for (let n = 0; n < 10; n += 1) rig.shop.put(`sku-${n}@main`, n);
    start();
    await rig.agree();
    rig.shop.put('sku-3@main', 33);
    await rig.agree();
    const rows = await rig.outbox();
    expect(rows).toHaveLength(11);
    expect(rows.at(-1)).toMatchObject({ key: 'sku-3@main', revision: 2, onHand: 33, tombstone: false });
  });

  it('R4: goes on at once when its source may be back, however long it would still have waited', async () => {
    await open({ clock: manualClock() });
    rig.shop.put('sku-0@main', 1);
    rig.shop.spoil('changes', () => {
      throw new Error('away');
    });
    start();
    for (let failures = 1; failures <= 3; failures += 1) {
      await eventually(() => rig.shop.asked.changes === failures);
      if (failures === 3) rig.shop.spoil('changes', undefined);
      // On a clock that stands still nothing else ends a pause.
      rig.runner.sourceMayBeBack();
    }
    await rig.agree();
  });

  it('O9: the import goes through the backfill lane, what changes afterwards through the live one', async () => {
    await open();
    for (let n = 0; n < 5; n += 1) rig.shop.put(`sku-${n}@main`, n);
    start();
    await imported();
    rig.shop.put('sku-3@main', 33);
    await rig.agree();
    expect((await rig.outbox()).map(({ lane }) => lane)).toEqual([1, 1, 1, 1, 1, 0]);
  });

  it('O9: a change that a webhook names is read by key while the import is still on its way', async () => {
    await open({ pageSize: 1 });
    for (let n = 0; n < 1_500; n += 1) rig.shop.put(`sku-${n}@main`, n);
    start();
    await eventually(async () => Object.keys(await rig.announced()).length > 5);
    rig.shop.put('sku-3@main', 33);
    await storeHints(rig.database, [{ entity: 'stock-level', key: 'sku-3@main', mark: String(rig.shop.records.get('sku-3@main')?.version) }], new Date());
    const before = rig.shop.asked.changes;
    rig.runner.hinted();
    await eventually(() => rig.shop.readKeys.flat().includes('sku-3@main'));
    expect(rig.shop.asked.changes - before).toBeLessThan(100);
    await eventually(async () => (await rig.outbox()).some(({ onHand, lane }) => onHand === 33 && lane === 0));
    expect(rig.runner.position().imported).toBe(false);
  });

  it('O9: a live change withdraws what still waits in the backfill lane for its key', async () => {
    await open();
    for (let n = 0; n < 5; n += 1) rig.shop.put(`sku-${n}@main`, n);
    start();
    await imported();
    rig.shop.put('sku-3@main', 33);
    await rig.agree();
    const pending = await rig.rows<{ revision: number }>(`select revision::int from outbox where key = 'sku-3@main' and published_at is null`);
    expect(pending).toEqual([{ revision: 2 }]);
  });

  it('B12: also when it was published, and a crash of the database took back its mark', async () => {
    await open();
    for (let n = 0; n < 5; n += 1) rig.shop.put(`sku-${n}@main`, n);
    start();
    await imported();
    await rig.rows('update outbox set published_at = now()');
    rig.shop.put('sku-2@main', 22);
    await rig.agree();
    // As recovery leaves it: marks are committed without waiting for the disk, and no connection outlives the server.
    await rig.rows('update outbox set published_at = null where lane = 1');
    await rig.rows('select pg_terminate_backend(pid, 5000) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()');
    rig.shop.put('sku-3@main', 33);
    await rig.agree();
    const pending = await rig.rows<{ revision: number }>(`select revision::int from outbox where key = 'sku-3@main' and published_at is null`);
    expect(pending).toEqual([{ revision: 2 }]);
  });

  it('finds a row that was stamped before the cursor and became visible after it', async () => {
    await open({ pace: { overlapEveryMs: 50, overlapMs: 10_000 } });
    rig.shop.put('sku-1@main', 1, 5_000);
    start();
    await rig.agree();
    rig.shop.put('sku-2@main', 2, 4_000);
    await rig.agree();
  });

  it('reads a late row even when the cursor moved on for longer than the overlap while nobody re-read it', async () => {
    await open({ pace: { overlapEveryMs: 3_600_000, overlapMs: 100 } });
    rig.shop.put('sku-1@main', 1, 5_000);
    start();
    await eventually(async () => (await rig.rows('select 1 from feed where overlap_base is not null')).length > 0);
    rig.shop.put('sku-2@main', 2, 9_000);
    await rig.agree();
    rig.shop.put('late@main', 3, 4_950);
    const { lease, runner } = rig.another();
    await rig.runner.stop();
    await rig.lease.stop();
    lease.start();
    runner.start();
    await rig.agree();
  });

  it('X3: revisions of a database that lost everything begin above the floor', async () => {
    await open({ floor: 500 });
    rig.shop.put('sku-1@main', 1);
    start();
    await rig.agree();
    expect((await rig.outbox())[0]?.revision).toBe(501);
  });

  it('O7: a slow page read before a webhook’s read and committed after it never wins', async () => {
    await open({ versions: false, pace: { pollEveryMs: 10 } });
    rig.shop.put('sku-1@main', 1);
    start();
    // The first full pass would tell of the change too.
    await eventually(async () => (await rig.rows('select 1 from feed where last_pass_at is not null')).length);
    const release = rig.shop.hold('changes');
    rig.shop.put('sku-1@main', 2);
    const { changes } = rig.shop.asked;
    await eventually(() => rig.shop.asked.changes > changes);
    rig.shop.put('sku-1@main', 3);
    await storeHints(rig.database, [{ entity: 'stock-level', key: 'sku-1@main' }], new Date());
    rig.runner.hinted();
    await eventually(async () => (await rig.announced())['sku-1@main'] === 3);
    release();
    await eventually(async () => (await rig.rows('select 1 from hint')).length === 0);
    await rig.agree();
    expect((await rig.outbox()).map(({ onHand }) => onHand)).toEqual([1, 3]);
  });

  it('O7: also when the webhook found the value that was already announced', async () => {
    await open({ versions: false, pace: { pollEveryMs: 10 } });
    rig.shop.put('sku-1@main', 1);
    start();
    await rig.agree();
    const release = rig.shop.hold('changes');
    rig.shop.put('sku-1@main', 2);
    const { changes } = rig.shop.asked;
    await eventually(() => rig.shop.asked.changes > changes);
    rig.shop.put('sku-1@main', 1);
    await storeHints(rig.database, [{ entity: 'stock-level', key: 'sku-1@main' }], new Date());
    rig.runner.hinted();
    await eventually(async () => (await rig.rows('select 1 from hint')).length === 0);
    const asked = rig.shop.readKeys.length;
    release();
    // The rejected row is read again by key.
    await eventually(() => rig.shop.readKeys.length > asked);
    await eventually(async () => (await rig.rows('select 1 from hint')).length === 0);
    await rig.agree();
    expect((await rig.outbox()).map(({ onHand }) => onHand)).toEqual([1]);
  });

  it('O7: a slow page never brings back what was deleted meanwhile', async () => {
    await open({ versions: false, pace: { pollEveryMs: 10 } });
    for (const n of [1, 2, 3]) rig.shop.put(`sku-${n}@main`, n);
    start();
    await rig.agree();
    const release = rig.shop.hold('changes');
    rig.shop.put('sku-1@main', 9);
    rig.shop.put('new@main', 9);
    const { changes } = rig.shop.asked;
    await eventually(() => rig.shop.asked.changes > changes);
    rig.shop.remove('sku-1@main');
    rig.shop.remove('new@main');
    await storeHints(rig.database, ['sku-1@main', 'new@main'].map((key) => ({ entity: 'stock-level', key })), new Date());
    rig.runner.hinted();
    await eventually(async () => (await rig.announced())['sku-1@main'] === null);
    release();
    await eventually(async () => (await rig.rows<{ keys: string[] }>('select keys from hint')).length === 0);
    await rig.agree();
  });

  it('refuses an older version that a replica behind shows in a later read', async () => {
    await open({ versions: true });
    rig.shop.put('sku-1@main', 1);
    rig.shop.put('sku-1@main', 2);
    start();
    await rig.agree();
    rig.shop.putOld('sku-1@main', 1);
    await storeHints(rig.database, [{ entity: 'stock-level', key: 'sku-1@main' }], new Date());
    rig.runner.hinted();
    await eventually(async () => rig.shop.asked.byKeys > 0 && (await rig.rows('select 1 from hint')).length === 0);
    expect(await rig.announced()).toEqual({ 'sku-1@main': 2 });
    // Asked again and again it would say the same.
    expect(rig.shop.asked.byKeys).toBeLessThan(4);
  });

  it('takes a lower version from a source that was restored from a backup', async () => {
    await open({ versions: true });
    rig.shop.put('sku-1@main', 1);
    rig.shop.put('sku-1@main', 2);
    start();
    await rig.agree();
    await rig.rows(`update announced set changed_at = changed_at - interval '1 hour'`);
    rig.shop.putOld('sku-1@main', 1);
    await storeHints(rig.database, [{ entity: 'stock-level', key: 'sku-1@main' }], new Date());
    rig.runner.hinted();
    await rig.agree();
    expect((await rig.outbox()).at(-1)).toMatchObject({ onHand: 1, revision: 2 });
  });

  it.each([
    { reader: 'poll', pace: { pollEveryMs: 20, overlapEveryMs: 3_600_000 } },
    { reader: 'overlap', pace: { pollEveryMs: 3_600_000, overlapEveryMs: 50 } },
  ])('X6: believes what the $reader calls deleted only after a read by key, and under the guard', async ({ pace }) => {
    await open({ pace });
    for (let n = 0; n < 5; n += 1) rig.shop.put(`sku-${n}@main`, n);
    start();
    await rig.agree();
    rig.shop.spoil('changes', (page) => ({ ...page, deleted: ['sku-1@main', 'sku-2@main', 'unknown@main'] }));
    rig.shop.remove('sku-1@main');
    await rig.agree();
    expect(rig.shop.readKeys.flat()).not.toContain('unknown@main');
    const gone = [...rig.shop.records];
    rig.shop.spoil('changes', (page) => ({ ...page, deleted: gone.map(([id]) => id) }));
    rig.shop.records.clear();
    await eventually(async () => (await rig.rows(`select 1 from held_change where state = 'open'`)).length > 0);
    for (const [id, record] of gone) rig.shop.records.set(id, record);
    await rig.agree();
  });

  it('goes on where another process stopped in mid-import, without announcing anything twice', async () => {
    await open({ pageSize: 2, pace: { pollEveryMs: 10 } });
    for (let n = 0; n < 9; n += 1) rig.shop.put(`sku-${n}@main`, n);
    let page = 0;
    const gate = Promise.withResolvers<() => void>();
    rig.shop.spoil('changes', (answer) => {
      page += 1;
      if (page === 3) gate.resolve(rig.shop.hold('changes'));
      return answer;
    });
    start();
    const release = await gate.promise;
    await eventually(async () => (await rig.outbox()).length === 4);
    // Killed: its lease runs out, its page comes in later and finds the fence moved on.
    const { lease, runner } = rig.another();
    await rig.lease.stop();
    lease.start();
    runner.start();
    release();
    await rig.agree();
    expect(await rig.outbox()).toHaveLength(9);
  });

  it('a process that lost its lease announces nothing and moves no cursor', async () => {
    await open({ pace: { pollEveryMs: 10 } });
    rig.shop.put('sku-1@main', 1);
    start();
    await rig.agree();
    const release = rig.shop.hold('changes');
    rig.shop.put('sku-1@main', 2);
    const { changes } = rig.shop.asked;
    await eventually(() => rig.shop.asked.changes > changes);
    const [before] = await rig.rows<{ cursor: string }>('select cursor from feed');
    // Another holder, as the table has it; this process still believes in its own.
    await rig.rows(`update lease set fence = fence + 1, holder = 'somebody', expires_at = now() + interval '1 hour'`);
    release();
    await eventually(() => rig.lease.fence() === undefined);
    expect(await rig.announced()).toEqual({ 'sku-1@main': 1 });
    expect((await rig.rows<{ cursor: string }>('select cursor from feed'))[0]).toEqual(before);
  });

  it('I5: a poison item costs only itself, is filed with its owner, and its letter closes when it is mended or gone', async () => {
    await open({ pace: { fullPassEveryMs: 60 } });
    rig.shop.put('sku-1@main', 1);
    rig.shop.put('sku-2@main', 'many');
    rig.shop.put('sku-3@main', 3.5);
    rig.shop.put('nul\u0000@main', 4);
    rig.shop.put('sku-5@main', 5);
    start();
    await eventually(async () => Object.keys(await rig.announced()).length === 2);
    const letters = (): Promise<{ key: string; class: string; team: string; state: string }[]> =>
      rig.rows(`select key, class, owner->>'team' as team, state from dead_letter order by key`);
    await eventually(async () => (await letters()).length === 3);
    expect(await letters()).toEqual([
      expect.objectContaining({ key: expect.stringContaining('nul') as string, team: 'Inventory', state: 'open' }),
      expect.objectContaining({ key: 'sku-2@main', class: 'schema', team: 'Inventory', state: 'open' }),
      expect.objectContaining({ key: 'sku-3@main', class: 'schema', team: 'Inventory', state: 'open' }),
    ]);
    rig.shop.put('sku-2@main', 2);
    await eventually(async () => (await letters()).some(({ key, state }) => key === 'sku-2@main' && state === 'superseded'));
    expect((await rig.announced())['sku-2@main']).toBe(2);
    rig.shop.remove('sku-3@main');
    await eventually(async () => (await letters()).some(({ key, state }) => key === 'sku-3@main' && state === 'superseded'));
    expect((await letters()).find(({ key }) => key.startsWith('nul'))?.state).toBe('open');
  });
});

/** The statement alone, and its canary mutants (T3): the scenario must fail when a guard is taken out. */
import { stockLevel } from '@steward/contracts';
import { lanes } from '@steward/event-bus';
import { createLogger } from '@steward/platform';
import { eventually } from '@steward/testing';
import { openRig, type Rig } from '../fixtures/rig.fixture.spec';
import { announceStatement } from './announce-statement';
import { type AfterRead, Announcer } from './announcer';
import { type Read, ReadNumbers } from './read-numbers';

const key = 'sku-1@main';

interface PlanNode {
  readonly 'Actual Rows': number;
  readonly 'Actual Loops': number;
  readonly 'Rows Removed by Join Filter'?: number;
  readonly Plans?: readonly PlanNode[];
}

/** Rows that a plan took into the hand, those that it dropped included. */
const looksOf = (node: PlanNode): number =>
  (node['Actual Rows'] + (node['Rows Removed by Join Filter'] ?? 0)) * node['Actual Loops'] + (node.Plans ?? []).reduce((sum, below) => sum + looksOf(below), 0);

describe('announcing', () => {
  let rig: Rig;
  let announcer: Announcer;
  let reads: ReadNumbers;

  async function open(statement?: string, versions = false): Promise<void> {
    rig = await openRig({ versions });
    rig.lease.start();
    await eventually(() => rig.lease.fence() !== undefined);
    reads = new ReadNumbers(rig.database, { now: () => Date.now(), sleep: async () => undefined });
    announcer = new Announcer({ system: 'erp', feed: rig.feed, database: rig.database, lease: rig.lease, reads, vendor: 'shop', logger: createLogger({ service: 'kit-test', level: 'silent' }), ...(statement === undefined ? {} : { statement }) });
  }
  afterEach(() => rig.close());

  const item = (count: unknown, version = 0, id = key): object => ({ id, count, at: 1, version });

  /** An older read commits after a newer one: what is announced in the end? */
  async function olderCommitsLast(): Promise<number | null | undefined> {
    const older = await reads.begin();
    const newer = await reads.begin();
    await announcer.announce({ read: newer, items: [item(2)], lane: lanes.live });
    reads.end(newer);
    await announcer.announce({ read: older, items: [item(1)], lane: lanes.live });
    reads.end(older);
    return (await rig.announced())[key];
  }

  it('O7: an older read never wins, and its key is to be read again', async () => {
    await open();
    expect(await olderCommitsLast()).toBe(2);
    expect(await rig.rows('select entity, keys from hint')).toEqual([{ entity: 'stock-level', keys: [key] }]);
    expect((await rig.outbox()).map(({ onHand }) => onHand)).toEqual([2]);
  });

  it('T3: the mutant without read_no is caught by that scenario', async () => {
    const mutant = announceStatement(stockLevel.guard.changes).replaceAll('a.read_no < $7', 'true').replaceAll('a.read_no < excluded.read_no', 'true');
    expect(mutant).not.toContain('read_no <');
    await open(mutant);
    expect(await olderCommitsLast()).toBe(1);
  });

  it('T3: the mutant that leaves the read number of an unchanged row is caught by its scenario', async () => {
    const scenario = async (): Promise<number | null | undefined> => {
      const first = await reads.begin();
      await announcer.announce({ read: first, items: [item(1)], lane: lanes.live });
      reads.end(first);
      const older = await reads.begin();
      const newer = await reads.begin();
      await announcer.announce({ read: newer, items: [item(1)], lane: lanes.live });
      reads.end(newer);
      await announcer.announce({ read: older, items: [item(9)], lane: lanes.live });
      reads.end(older);
      return (await rig.announced())[key];
    };
    await open();
    expect(await scenario()).toBe(1);
    await rig.close();
    await open(announceStatement(stockLevel.guard.changes).replace("($9::boolean or j.other) and j.verdict = 'same'", "false and j.verdict = 'same'"));
    expect(await scenario()).toBe(9);
  });

  it('equal content writes nothing at all', async () => {
    await open();
    for (let n = 0; n < 3; n += 1) {
      const read = await reads.begin();
      await announcer.announce({ read, items: [item(1)], lane: lanes.live });
      reads.end(read);
    }
    expect(await rig.outbox()).toHaveLength(1);
    expect(await rig.rows('select revision::int, (xmax = 0) as untouched from announced')).toEqual([{ revision: 1, untouched: true }]);
  });

  it('X4: keeps which record was told, follows one that says nothing new, and neither goes back to an older read nor outlives a deletion', async () => {
    await open();
    const say = async (read: Read, items: object[], deleted: string[] = []): Promise<void> => {
      await announcer.announce({ read, items, deleted, lane: lanes.live });
      reads.end(read);
    };
    const record = async (): Promise<string | null | undefined> => (await rig.rows<{ record: string | null }>(`select encode(record_hash, 'hex') as record from announced where record_hash is null or record_by = 'development'`))[0]?.record;
    await say(await reads.begin(), [item(1, 1)]);
    const first = await record();
    const older = await reads.begin();
    await say(await reads.begin(), [item(1, 2)]);
    const second = await record();
    expect([first, second]).toEqual([expect.stringMatching(/^[0-9a-f]{32}$/), expect.not.stringMatching(String(first))]);
    await say(older, [item(1, 1)]);
    expect(await record()).toBe(second);
    // As it was announced before records were kept.
    await rig.rows('update announced set record_hash = null, record_by = null');
    await say(await reads.begin(), [item(1, 2)]);
    expect([await record(), await rig.outbox()]).toEqual([second, [expect.objectContaining({ revision: 1 })]]);
    await say(await reads.begin(), [], [key]);
    expect(await record()).toBeNull();
  });

  it('of one key twice on a page the later item counts', async () => {
    await open();
    const read = await reads.begin();
    const { changed } = await announcer.announce({ read, items: [item(1), item(2)], lane: lanes.live });
    reads.end(read);
    expect(changed).toBe(1);
    expect((await rig.announced())[key]).toBe(2);
  });

  it('an item that says nothing new is recognised by its stamp, and seen again after its deletion', async () => {
    await open(undefined, true);
    const say = async (items: object[], deleted: string[] = []): Promise<number> => {
      const read = await reads.begin();
      const { changed } = await announcer.announce({ read, items, deleted, lane: lanes.live });
      reads.end(read);
      return changed;
    };
    expect(await say([item(1, 5)])).toBe(1);
    // Known by its stamp: not even looked at.
    expect(await say([item(999, 5)])).toBe(0);
    expect(await say([], [key])).toBe(1);
    expect(await say([item(1, 5)])).toBe(1);
    expect((await rig.outbox()).map(({ tombstone }) => tombstone)).toEqual([false, true, false]);
  });

  it('LEASE_LOST: without the lease nothing is written', async () => {
    await open();
    await rig.rows(`update lease set fence = fence + 1`);
    const read = await reads.begin();
    await expect(announcer.announce({ read, items: [item(1)], lane: lanes.live })).rejects.toMatchObject({ code: 'LEASE_LOST' });
    reads.end(read);
    expect(await rig.announced()).toEqual({});
  });

  it('B10: a lost stream is written again with ids and revisions as they were, and never over something newer', async () => {
    await open();
    const say = async (items: object[]): Promise<void> => {
      const read = await reads.begin();
      await announcer.announce({ read, items, lane: lanes.live });
      reads.end(read);
    };
    await say([item(1), item(1, 0, 'sku-2@main'), item(1, 0, 'sku-3@main')]);
    const before = await rig.rows('select key, message_id, revision::int from outbox order by key');
    // The outbox forgot the first, the second is published, the third changed since and waits.
    await rig.rows(`delete from outbox where key = 'sku-1@main'`);
    await rig.rows(`update outbox set published_at = now() where published_at is null`);
    await say([item(2, 0, 'sku-3@main')]);
    const written = await rig.database.transaction((tx) => announcer.rebuild(tx, 'epoch-2'));
    expect(written).toBe(2);
    const pending = await rig.rows('select key, message_id, revision::int from outbox where published_at is null order by key');
    expect(pending.slice(0, 2)).toEqual(before.slice(0, 2));
    expect(pending[2]).toMatchObject({ key: 'sku-3@main', revision: 2 });
    await say([item(3, 0, 'sku-1@main')]);
    expect(await rig.rows(`select revision::int from outbox where key = 'sku-1@main' and published_at is null`)).toEqual([{ revision: 2 }]);
  });

  it('an update of a live row touches no index: what changes with every update is in none, nor in the condition of one', async () => {
    await open();
    const definitions = await rig.rows<{ definition: string }>(`select pg_get_indexdef(indexrelid) as definition from pg_index where indrelid = 'announced'::regclass`);
    expect(definitions).not.toEqual([]);
    for (const { definition } of definitions) expect(definition).not.toMatch(/\b(revision|hash|data|read_no|source_version|message_id|changed_at|record_hash|record_by)\b/);
  });

  it('a page costs as much as it has items, however many there are: no key is compared with all others, of the page or announced before', async () => {
    await open();
    // As an import leaves them: the table has not been analyzed yet.
    await rig.rows(`insert into announced (entity, key, revision, hash, data, read_no, message_id, changed_at, major)
      select 'stock-level', 'before-' || n, 1, '\\x00', '{}', 0, gen_random_uuid(), now(), 1 from generate_series(1, 20000) n`);
    const keys = Array.from({ length: 500 }, (_, index) => `sku-${index}@main`);
    const hashes = keys.map(() => '00'.repeat(16));
    const none = keys.map(() => null);
    const plans = await rig.database.transaction(async (tx) => {
      // As a connection plans from the sixth page on, when it no longer looks at what is in one.
      await tx.query('set local plan_cache_mode = force_generic_plan');
      const { rows } = await tx.query<{ 'QUERY PLAN': [{ Plan: PlanNode }] }>(`explain (analyze, format json) ${announceStatement([])}`, [
        'stock-level', keys, hashes, keys.map(() => '{}'), none, keys, 1, 0, false, new Date(), 'evt.erp.stock-level.v1', 0, 'live', null, true, 600, hashes, 'test', 1,
      ]);
      return rows.flatMap((row) => row['QUERY PLAN']);
    });
    const looks = plans.reduce((sum, { Plan }) => sum + looksOf(Plan), 0);
    expect(looks).toBeGreaterThan(500);
    expect(looks / keys.length).toBeLessThan(30);
  });

  it('X6: only a row that says it is deleted counts as a deletion, and a re-creation takes it back', async () => {
    await open();
    const say = async (items: object[], deleted: string[] = []): Promise<void> => {
      const read = await reads.begin();
      await announcer.announce({ read, items, deleted, lane: lanes.live });
      reads.end(read);
    };
    const deletions = () => rig.rows('select key from announced where deleted_at is not null');
    await say([item(1)]);
    expect(await deletions()).toEqual([]);
    await say([], [key]);
    expect(await deletions()).toEqual([{ key }]);
    await say([item(2, 0)]);
    expect(await deletions()).toEqual([]);
  });

  it('S3: what follows a read is told, in its transaction, of which keys the read is the last word', async () => {
    await open(undefined, true);
    const told: string[][] = [];
    let fails = false;
    const afterRead: AfterRead = async (tx, { no }, keys) => {
      if (fails) throw new Error('it does not follow');
      const { rows } = await tx.query<{ newest: number }>('select max(read_no)::int as newest from announced');
      told.push([...keys.toSorted(), rows[0]?.newest === no ? 'newest' : 'not newest']);
    };
    announcer = new Announcer({ system: 'erp', feed: rig.feed, database: rig.database, lease: rig.lease, reads, vendor: 'shop', logger: createLogger({ service: 'kit-test', level: 'silent' }), afterRead });
    const say = async (items: readonly object[], deleted: readonly string[] = []) => {
      const read = await reads.begin();
      await announcer.announce({ read, items, deleted, lane: lanes.live }).finally(() => reads.end(read));
    };
    await say([item(1, 1, 'a@main'), item(1, 1, 'b@main'), item(1, 1, 'c@main')]);
    const older = await reads.begin();
    // Recognised by its mark, changed, deleted, refused: the last says nothing that could be believed.
    await say([item(1, 1, 'a@main'), item(2, 2, 'b@main'), item('many', 3, 'd@main')], ['c@main']);
    await announcer.announce({ read: older, items: [item(1, 1, 'a@main'), item(0, 1, 'b@main')], lane: lanes.live });
    reads.end(older);
    expect(told).toEqual([['a@main', 'b@main', 'c@main', 'newest'], ['a@main', 'b@main', 'c@main', 'newest'], ['a@main', 'not newest']]);
    fails = true;
    await expect(say([item(5, 5, 'a@main')])).rejects.toThrow('it does not follow');
    expect((await rig.announced())['a@main']).toBe(1);
  });
});

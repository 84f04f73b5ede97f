// X1, T2: whatever passes the gate in whatever order, what is kept is the sum of the rows, at every moment.
import fc from 'fast-check';
import { hashOf } from '../consumer/arrival';
import { applyGate, type Gate, gateOf, gateStatement } from '../consumer/gate/apply-gate';
import { openRig, type Rig, stock, stockLevel } from '../consumer/rig.spec';
import type { Envelope } from '../envelope';
import { foldDigests, keepDigest, keptLeaves, scrubDigest } from './kept';
import { leafOf, weightOf } from './tree';

const part = (envelope: Envelope) => ({ envelope, data: envelope.tombstone ? null : JSON.parse(envelope.body), hash: hashOf(envelope.body) });

describe('kept digests', () => {
  let rig: Rig;
  beforeAll(async () => (rig = await openRig()));
  afterAll(() => rig.close());
  beforeEach(() => rig.test.pool.query('truncate stored_part, digest_leaf, digest_change, digest_edit'));

  const pass = (envelopes: Envelope[], gate: Gate = applyGate) => rig.database.transaction((tx) => gate(tx, stockLevel, envelopes.map(part)));
  const scrub = () => rig.database.transaction((tx) => scrubDigest(tx, 'stored_part', 'stock-level'));
  /** Leaves that are not what the rows say, by a count of its own. */
  const wrong = () =>
    rig.rows(
      `select leaf, k.*, r.* from (select leaf, sum(count)::int as kept_count, bit_xor(sum) as kept_sum from (${keptLeaves('stored_part')}) k group by 1) k
       full join (select ${leafOf('key')} as leaf, count(*)::int as count, bit_xor(${weightOf('key', 'revision', 'hash')}) as sum from stored_part where entity = $1 and data is not null group by 1) r using (leaf)
       where coalesce(kept_count, 0) <> coalesce(count, 0) or coalesce(kept_sum, 0) <> coalesce(sum, 0)`,
      ['stock-level'],
    );

  const keys = Array.from({ length: 12 }, (_, index) => `sku-${String(index)}@main`);
  const change = fc.record({ key: fc.constantFrom(...keys), revision: fc.integer({ min: 1, max: 9 }), gone: fc.boolean() });
  const step = fc.oneof(
    { weight: 6, arbitrary: fc.array(change, { minLength: 1, maxLength: 10 }) },
    { weight: 2, arbitrary: fc.constant('fold' as const) },
    { weight: 1, arbitrary: fc.constant('scrub' as const) },
  );
  const envelopes = (changes: { key: string; revision: number; gone: boolean }[]) => changes.map(({ key, revision, gone }) => stock(key, revision, gone ? null : revision));

  it('X1: are the sum of the rows after any batches, folds and scrubs', async () => {
    await fc.assert(
      fc.asyncProperty(fc.array(step, { minLength: 1, maxLength: 15 }), async (steps) => {
        await rig.test.pool.query('truncate stored_part, digest_leaf, digest_change, digest_edit');
        for (const each of steps) {
          if (each === 'fold') await foldDigests(rig.database);
          else if (each === 'scrub') expect(await scrub()).toMatchObject({ edited: 0, mended: 0 });
          else await pass(envelopes(each));
          expect(await wrong()).toEqual([]);
        }
      }),
      { numRuns: 25 },
    );
  });

  it('X1: with many writers, some of which roll back, and folds and scrubs beside them', async () => {
    let writing = true;
    const found: unknown[] = [];
    const beside = Promise.all([
      (async () => {
        while (writing) await foldDigests(rig.database);
      })(),
      (async () => {
        while (writing) found.push(await scrub());
      })(),
    ]);
    await Promise.all(Array.from({ length: 4 }, async (_, writer) => {
      for (let round = 0; round < 40; round += 1) {
        const some = fc.sample(change, { numRuns: 8, seed: writer * 1_000 + round }).map((each) => ({ ...each, revision: round * 4 + writer + 1 }));
        await rig.database.transaction(async (tx) => {
          await applyGate(tx, stockLevel, envelopes(some).map(part));
          if (round % 5 === 0) throw new Error('rolled back');
        }).catch(() => undefined);
      }
    }));
    writing = false;
    await beside;
    expect(found.length).toBeGreaterThan(1);
    for (const each of found) expect(each).toMatchObject({ edited: 0, mended: 0 });
    expect(await wrong()).toEqual([]);
    await foldDigests(rig.database);
    expect([await wrong(), (await rig.rows('select 1 from digest_change')).length, (await rig.rows('select 1 from digest_leaf')).length > 0]).toEqual([[], 0, true]);
  });

  it('T3: a gate that does not keep them, and one that forgets what was there before, are caught by the same look', async () => {
    const kept = keepDigest('stored_part', 'moved');
    expect(gateStatement).toContain(kept);
    for (const [name, mutant] of [['none', ' select 1'], ['new_only', kept.replace(/# case when was_there.*? end/, '')]] as const) {
      await pass([stock(keys[0] ?? '', 1)]);
      await pass([stock(keys[0] ?? '', 2)], gateOf(`mutant_${name}`, gateStatement.replace(kept, mutant)));
      expect(await wrong()).toHaveLength(1);
      expect(await scrub()).toMatchObject({ mended: 1 });
      expect(await wrong()).toEqual([]);
      await rig.test.pool.query('truncate stored_part, digest_leaf, digest_change');
    }
  });

  it('are one row for each statement, and none for one that changes nothing', async () => {
    await pass(keys.map((key) => stock(key, 3)));
    await pass(keys.map((key) => stock(key, 3)));
    await pass(keys.map((key) => stock(key, 2)));
    expect(await rig.rows(`select cardinality(leaves) as keys, array_length(sums, 1) as sums from digest_change`)).toEqual([{ keys: 12, sums: 12 }]);
  });
});

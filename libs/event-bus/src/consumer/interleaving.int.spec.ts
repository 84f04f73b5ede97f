// T2: random interleavings of live, duplicate, replayed, failing and redriven messages never break I2, I3 and I5.
import fc from 'fast-check';
import { RejectedError } from '@steward/platform';
import type { Envelope } from '../envelope';
import { redrive } from '../dead-letter/redrive';
import { applyBatch } from './batch/apply';
import { type Gate, gateOf, gateStatement } from './gate/apply-gate';
import { delivered, openRig, progress, recordingHandler, recordingProjection, type Rig, sound, stock } from './rig.spec';

const keys = ['a', 'b', 'c'];
const depth = 6;

type Step =
  | { do: 'deliver'; picks: number[]; deliveries: number }
  | { do: 'break'; key: string; broken: boolean }
  | { do: 'redrive' };

const steps = fc.array(
  fc.oneof(
    { weight: 6, arbitrary: fc.record({ do: fc.constant('deliver' as const), picks: fc.array(fc.nat(keys.length * depth * 2 - 1), { minLength: 1, maxLength: 12 }), deliveries: fc.integer({ min: 1, max: 4 }) }) },
    { weight: 2, arbitrary: fc.record({ do: fc.constant('break' as const), key: fc.constantFrom(...keys), broken: fc.boolean() }) },
    { weight: 1, arbitrary: fc.record({ do: fc.constant('redrive' as const) }) },
  ),
  { minLength: 4, maxLength: 25 },
);

describe('any interleaving', () => {
  let rig: Rig;
  const broken = new Set<string>();
  const failing = (key: string): Error | undefined => (broken.has(key.split('@')[0] ?? '') ? new RejectedError('CONSUMER_POISON', 'never') : undefined);
  beforeAll(async () => {
    rig = await openRig({ projection: recordingProjection(failing), handler: recordingHandler((_sequence, key) => failing(key)) });
  });
  afterAll(() => rig.close());

  /** One message for every revision and every sequence of each key; the first revision of 'c' is a tombstone. */
  const messages = (): Envelope[] =>
    keys.flatMap((key) => Array.from({ length: depth }, (_, index) => [stock(`${key}@m`, index + 1, key === 'c' && index === 0 ? null : index), progress(key, index + 1)]).flat());

  const reset = async (): Promise<void> => {
    broken.clear();
    await rig.test.pool.query('truncate stored_part, inbox, event_position, held, dead_letter, dead_letter_act, delivery_attempt, apply_journal, effect');
  };
  const redriveAll = async () => {
    const open = await rig.rows<{ id: string }>(`select id from dead_letter where state = 'open'`);
    await redrive({ database: rig.database, works: [rig.work] }, open.map((row) => row.id), { actor: 'ada', reason: 'test' });
  };

  async function check(seen: Map<string, Envelope>): Promise<void> {
    const journal = await rig.rows<{ entity: string; key: string; n: string; message_id: string }>('select entity, key, coalesce(revision, sequence) as n, message_id from apply_journal order by id');
    const last = new Map<string, number>();
    for (const { entity, key, n } of journal) {
      const place = `${entity}/${key}`;
      // I3 for states, order for events; I2 is in the strictness: nothing equal comes twice.
      expect(Number(n)).toBeGreaterThan(last.get(place) ?? 0);
      if (entity === 'feed-progress') expect(Number(n)).toBe((last.get(place) ?? 0) + 1);
      last.set(place, Number(n));
    }
    const effects = await rig.rows<{ count: number }>('select count(*)::int as count from effect');
    expect(effects[0]?.count).toBe(journal.length);

    const stored = new Map((await rig.rows<{ key: string; revision: string }>('select key, revision from stored_part')).map((row) => [row.key, Number(row.revision)]));
    const applied = new Set(journal.map((row) => row.message_id));
    const open = (await rig.rows<{ message_id: string }>(`select message_id from dead_letter where state = 'open'`)).map((row) => row.message_id);
    const held = (await rig.rows<{ message_id: string }>('select message_id from held')).map((row) => row.message_id);
    expect(new Set(open).size).toBe(open.length);
    for (const envelope of seen.values()) {
      const overtaken = envelope.revision !== null && (stored.get(envelope.key) ?? 0) > envelope.revision;
      const places = Number(applied.has(envelope.id)) + Number(open.includes(envelope.id)) + Number(held.includes(envelope.id));
      // I1 and I5: every message that was delivered is in exactly one place, unless a newer state of its key has made it obsolete.
      if (overtaken) expect([envelope.key, envelope.revision, open.includes(envelope.id)]).toEqual([envelope.key, envelope.revision, false]);
      else expect([envelope.type, envelope.key, envelope.revision ?? envelope.sequence, places]).toEqual([envelope.type, envelope.key, envelope.revision ?? envelope.sequence, 1]);
    }
  }

  it('I2, I3, I5: of deliveries in any order and number, failures, and redrives applies each effect once, in order, and loses nothing', async () => {
    await fc.assert(
      fc.asyncProperty(steps, async (plan: Step[]) => {
        await reset();
        const all = messages();
        const seen = new Map<string, Envelope>();
        for (const step of plan) {
          if (step.do === 'break') broken[step.broken ? 'add' : 'delete'](step.key);
          else if (step.do === 'redrive') await redriveAll();
          else {
            const batch = step.picks.map((pick) => all[pick] as Envelope);
            for (const envelope of batch) seen.set(envelope.id, envelope);
            // The two halves run at the same time, as two replicas would.
            const half = batch.length >> 1;
            await Promise.all([rig.run(...batch.slice(0, half).map((each) => delivered(each, step.deliveries))), rig.run(...batch.slice(half).map((each) => delivered(each, step.deliveries)))]);
          }
          await check(seen);
        }
        broken.clear();
        await rig.run(...all.map((each) => delivered(each)));
        for (const envelope of all) seen.set(envelope.id, envelope);
        await redriveAll();
        await check(seen);
        // Everything was repaired: every key is at its end and nothing is left to do.
        expect(await rig.rows(`select from stored_part where revision <> ${depth}`)).toHaveLength(0);
        expect(await rig.rows(`select from event_position where sequence <> ${depth}`)).toHaveLength(0);
        expect(await rig.rows(`select from dead_letter where state = 'open' union all select from held`)).toHaveLength(0);
      }),
      { numRuns: 20 },
    );
  }, 180_000);

  it('T3: the same check catches an apply gate without its guard', async () => {
    const mutant: Gate = gateOf('mutant_interleaving', gateStatement.replace('where stored_part.revision < excluded.revision', ''));
    const lowered = async (gate: Gate): Promise<void> => {
      await reset();
      const seen = new Map<string, Envelope>();
      for (const revision of [2, 1]) {
        const envelope = stock('a@m', revision);
        seen.set(envelope.id, envelope);
        await rig.database.transaction((tx) => applyBatch(tx, rig.work, [sound(envelope)], gate));
      }
      await check(seen);
    };
    await lowered(gateOf('unchanged', gateStatement));
    await expect(lowered(mutant)).rejects.toThrow();
  });
});

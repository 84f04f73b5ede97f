import { hashOf } from '../arrival';
import { openRig, type Rig, stock, stockLevel } from '../rig.spec';
import type { Envelope } from '../../envelope';
import { applyGate, type Gate, gateOf, gateStatement } from './apply-gate';

const part = (envelope: Envelope) => ({ envelope, data: envelope.tombstone ? null : JSON.parse(envelope.body), hash: hashOf(envelope.body) });

describe('the apply gate', () => {
  let rig: Rig;
  beforeAll(async () => (rig = await openRig()));
  afterAll(() => rig.close());
  afterEach(() => rig.test.pool.query('truncate stored_part'));

  const pass = (envelopes: Envelope[], gate: Gate = applyGate) => rig.database.transaction((tx) => gate(tx, stockLevel, envelopes.map(part)));
  const stored = () => rig.rows<{ key: string; revision: string; data: unknown }>('select key, revision, data from stored_part order by key');

  it('C1: stores a revision only over a lower one and returns the keys that moved, sorted', async () => {
    expect((await pass([stock('b@1', 5), stock('a@1', 5)])).moved.map((change) => change.key)).toEqual(['a@1', 'b@1']);
    const second = await pass([stock('b@1', 4), stock('a@1', 6)]);
    expect(second.moved.map((change) => [change.key, change.revision])).toEqual([['a@1', 6]]);
    expect(second.superseded.map((each) => each.envelope.key)).toEqual(['b@1']);
    expect((await stored()).map((row) => [row.key, row.revision])).toEqual([['a@1', '6'], ['b@1', '5']]);
  });

  it('C1: of several revisions of a key in one batch the highest wins before the statement is built', async () => {
    const passage = await pass([stock('a@1', 2), stock('a@1', 3), stock('a@1', 1)]);
    expect(passage.moved.map((change) => change.revision)).toEqual([3]);
    expect(passage.superseded).toHaveLength(2);
  });

  it('C1: tells a duplicate from a conflict: the same revision with other content is neither applied nor dropped', async () => {
    await pass([stock('a@1', 2, 10)]);
    const again = await pass([stock('a@1', 2, 10), stock('a@1', 2, 11)]);
    expect([again.moved.length, again.duplicates.length, again.conflicts.length]).toEqual([0, 1, 1]);
    expect((await stored())[0]?.data).toMatchObject({ onHand: 10 });
  });

  it('C12: a tombstone keeps its revision, so a late older update does not resurrect and a re-creation needs a higher one', async () => {
    await pass([stock('a@1', 1)]);
    expect((await pass([stock('a@1', 3, null)])).moved[0]).toMatchObject({ key: 'a@1', revision: 3, data: null });
    expect((await pass([stock('a@1', 2)])).moved).toEqual([]);
    expect(await stored()).toEqual([{ key: 'a@1', revision: '3', data: null }]);
    expect((await pass([stock('a@1', 4)])).moved).toHaveLength(1);
  });

  it('C1: transactions that share keys in opposite order never deadlock', async () => {
    const keys = Array.from({ length: 300 }, (_, index) => `k${index}@1`);
    const rounds = Array.from({ length: 12 }, (_, round) => pass((round % 2 ? [...keys].reverse() : keys).map((key) => stock(key, round + 1))));
    await Promise.all(rounds);
    expect(new Set((await stored()).map((row) => row.revision))).toEqual(new Set(['12']));
  });

  it('keeps keys that would break subjects or arrays', async () => {
    const keys = ['a.b*>', 'with space', 'quote"\\{},', 'NULL', '🦉'];
    expect((await pass(keys.map((key) => stock(key, 1)))).moved).toHaveLength(keys.length);
    expect((await stored()).map((row) => row.key).sort()).toEqual([...keys].sort());
  });

  it('T3: a gate without its guard is caught by the same check', async () => {
    const unguarded = gateOf('mutant_no_guard', gateStatement.replace('where stored_part.revision < excluded.revision', ''));
    const revisionsOf = async (gate: Gate): Promise<string | undefined> => {
      await rig.test.pool.query('truncate stored_part');
      await pass([stock('a@1', 5)], gate);
      await pass([stock('a@1', 4)], gate);
      return (await stored())[0]?.revision;
    };
    expect(await revisionsOf(applyGate)).toBe('5');
    expect(await revisionsOf(unguarded)).toBe('4');
  });
});

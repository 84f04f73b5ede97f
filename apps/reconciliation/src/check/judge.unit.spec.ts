import fc from 'fast-check';
import { judge, type Look, type Side } from './judge';

const at = (revision: number, hash = `h${String(revision)}`): Side => ({ revision, hash });
const look = (owner: Side, holder: Side): Look => ({ owner, holder });

describe('X2: a difference is drift only if it can not be on its way', () => {
  it.each([
    ['a change that has arrived at the second look', look(at(5), at(4)), look(at(5), at(5)), 'agrees'],
    ['a newer change than that of the first look is on its way', look(at(5), at(4)), look(at(6), at(5)), 'in-flight'],
    ['what the owner had a settle time ago has not arrived', look(at(5), at(4)), look(at(6), at(4)), 'stale'],
    ['nothing arrived of a key that is a settle time old', look(at(1), null), look(at(1), null), 'missing'],
    ['a key that appeared between the looks', look(null, null), look(at(1), null), 'in-flight'],
    ['a key that was deleted by both', look(at(3), at(3)), look(null, null), 'agrees'],
    ['a deletion that is on its way', look(at(3), at(3)), look(null, at(3)), 'in-flight'],
    ['a deletion that never arrived', look(null, at(3)), look(null, at(3)), 'extra'],
    ['a key that was deleted and made again while it was on its way', look(at(1), null), look(at(6), { revision: 5, hash: null }), 'in-flight'],
    ['a deletion of later than anything that the owner gave', look(at(5), { revision: 9, hash: null }), look(at(5), { revision: 9, hash: null }), 'ahead'],
    ['a row that was there at the first look has moved, and is not missing', look(at(5), at(3)), look(at(5), { revision: 4, hash: null }), 'in-flight'],
    ['a row that moves is no extra', look(null, at(3)), look(null, at(4)), 'in-flight'],
    ['another content under the same revision', look(at(5), at(5, 'x')), look(at(5), at(5, 'x')), 'content'],
    ['another content under the revision of the first look, while the owner goes on', look(at(5), at(5, 'x')), look(at(6), at(5, 'x')), 'content'],
    ['a revision that the owner never gave', look(at(5), at(9)), look(at(5), at(9)), 'ahead'],
  ] as const)('%s', (_what, first, second, verdict) => expect(judge(first, second)).toBe(verdict));

  it('never cries wolf: a holder that follows its owner, however far behind by less than a settle time, is no drift', () => {
    // The owner's history; the holder applies it in order. What it had reached by the second look includes all of the first look.
    const history = fc.array(fc.constantFrom<'change' | 'delete'>('change', 'change', 'delete'), { minLength: 1, maxLength: 12 });
    fc.assert(
      fc.property(history, fc.nat(12), fc.nat(12), fc.nat(12), fc.nat(12), (events, a, b, c, d) => {
        const sides = [null, ...events.map((event, index): Side => (event === 'delete' ? { revision: index + 1, hash: null } : at(index + 1)))];
        const [one, ownerFirst, two, ownerSecond] = [a, b, c, d].map((n) => n % sides.length).toSorted((x, y) => x - y) as [number, number, number, number];
        const side = (index: number): Side => sides[index] ?? null;
        // First look: the holder is behind the owner. Second look: it is at least where the owner was, and the owner is not behind it.
        expect(['agrees', 'in-flight']).toContain(judge(look(side(ownerFirst), side(one)), look(side(ownerSecond), side(two))));
      }),
      { numRuns: 2_000 },
    );
  });
});

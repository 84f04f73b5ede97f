import { type KeyEvidence, product } from '@steward/contracts';
import { systemClock } from '@steward/platform';
import { type ArrowCheck, defineCheck } from '../check/define-check';
import type { Doors } from '../doors/doors';
import { compareArrow } from './arrow';

const check = defineCheck<ArrowCheck>({ kind: 'arrow', name: 'ends', contract: product, owner: 'pim', holder: 'gateway', durable: 'gateway-catalogue' });
const at = (revision: number): KeyEvidence => ({
  key: 'k', revision, data: {}, hash: `h${revision}`, storedHash: `h${revision}`, changedAt: '2027-01-01T00:00:00.000Z', messageId: `m${revision}`, origin: null, appliedAt: null, letter: null, source: null,
  sent: { revision, messageId: `m${revision}`, publishedAt: '2027-01-01T00:00:01.000Z', epoch: 'e', sequence: revision * 10 },
});
const unasked = (): never => {
  throw new Error('nobody asks for this here');
};

/** An owner at revision 5, a stream whose message 5 was acknowledged, and a holder that says at each look what comes next. */
async function secondLook(...held: number[]) {
  const looks = [...held];
  const doors: Doors = {
    evidence: async (service) => new Map([['k', at(service === 'pim' ? 5 : (looks.shift() ?? 0))]]),
    newest: async () => ({ stored: new Map([['k', { sequence: 50, messageId: 'm5', revision: 5 }]]), ackFloor: 50 }),
    digest: () => unasked, readSource: unasked, sourcePage: unasked, announceAgain: unasked,
  };
  const { found, again } = await compareArrow(check, { doors, clock: systemClock, pricesOf: async () => () => undefined }).confirm([{ key: 'k', first: { owner: { revision: 5, hash: 'h5' }, holder: { revision: 4, hash: 'h4' } } }]);
  return { found: found.map(({ kind, cause }) => [kind, cause]), again: again.map(({ first }) => first) };
}

it('X4: a row that stays behind what its consumer has acknowledged was edited', async () => {
  expect(await secondLook(4, 4)).toEqual({ found: [['stale', 'manual-edit-in-read-model']], again: [] });
});

it('X4: a row that was reached while the broker was asked has no cause yet, and is looked at again', async () => {
  expect(await secondLook(4, 5)).toMatchObject({ found: [], again: [{ owner: { revision: 5 } }] });
});

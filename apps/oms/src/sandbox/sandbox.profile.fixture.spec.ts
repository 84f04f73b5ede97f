import { sandboxProfile, type VendorProfile } from '@steward/conformance';
import { orderOf } from '../saga/orders.fixture.spec';
import { writings } from '../fixtures/writings.fixture.spec';
import { toSandboxOrder } from './translate';

const knownId = (n: number): string => `K-${String(n)}`;
/** More than the suite takes numbers. */
const mostKnown = 60;

/** An order that is there, to be cancelled. */
function known(n: number) {
  const { payment: _payment, idempotencyHash: _hash, lines, ...order } = orderOf({}, knownId(n));
  return { ...toSandboxOrder({ ...order, number: `W-KNOWN${String(n)}`, lines: lines.map(({ promise: _promise, ...line }) => line) }), id: knownId(n), state: 'open' };
}

const sandbox = sandboxProfile({}, async (list, plant) => {
  await plant('oms/orders', Array.from({ length: mostKnown }, (_, index) => known(index + 1)));
  const count = async (fits: (order: Readonly<Record<string, unknown>>) => boolean): Promise<number> => (await list('oms/orders')).filter(fits).length;
  return writings({
    placed: (number) => count(({ reference }) => reference === number),
    known: knownId,
    cancelled: (id) => count((order) => order['id'] === id && order['state'] === 'cancelled'),
  });
});

export const profile: VendorProfile = {
  ...sandbox,
  lacks: ['Refuse a second order under the same number: its idempotency key keeps it one, and of two the first is read back.'],
};

import { cartDigest } from '@steward/commerce';
import type { PlaceOrder } from '@steward/contracts';
import { createLogger, manualClock } from '@steward/platform';
import { CompactSign, exportJWK, generateKeyPair, type JWK } from 'jose';
import { orderOf } from '../saga/orders.fixture.spec';
import { type PromiseKeys, promiseKeys } from './promise-keys.client';
import { verifyOrder } from './verify-order';

const logger = createLogger({ service: 'promise-test', level: 'silent' });
const type = 'steward-price-promise+jwt';
const acceptedAt = Date.parse('2026-11-24T10:00:00.000Z');

describe('an order and its promises', () => {
  let keys: PromiseKeys;
  let pair: Awaited<ReturnType<typeof generateKeyPair>>;
  beforeAll(async () => {
    pair = await generateKeyPair('EdDSA', { extractable: true });
    const jwk: JWK = { ...(await exportJWK(pair.publicKey)), kid: 'one', alg: 'EdDSA' };
    keys = promiseKeys({ from: { text: JSON.stringify({ keys: [jwk] }) }, clock: manualClock(acceptedAt), logger });
  });

  const sign = (claims: object, header: object = {}, by = pair.privateKey): Promise<string> =>
    new CompactSign(Buffer.from(JSON.stringify(claims))).setProtectedHeader({ alg: 'EdDSA', kid: 'one', typ: type, ...header }).sign(by);
  const claimsOf = (order: PlaceOrder) => {
    const [line] = order.lines;
    if (line === undefined) throw new Error('no line');
    return {
      sku: line.sku, qty: line.quantity, unit: line.unitAmount, disc: line.discountAmount, cur: order.currency, mkt: order.market, grp: order.customerGroup, tax: line.taxMode,
      rate: line.taxRateBp, pid: line.priceId, prev: line.priceRevision, promo: line.promotionIds, sub: order.customerId, iat: acceptedAt / 1_000 - 60, exp: acceptedAt / 1_000 + 60,
    };
  };
  /** One line of 2 × 10.00 with 19 % in it; `change` comes after the promise was made. */
  async function promised({ claims = {}, header = {}, change = (order) => order }: { claims?: object; header?: object; change?: (order: PlaceOrder) => PlaceOrder } = {}): Promise<PlaceOrder> {
    const order = orderOf({ lines: [{ quantity: 2, grossAmount: 2_000 }] });
    const amounts = { netAmount: 1_681, taxAmount: 319, grossAmount: 2_000 };
    const sound = { ...order, lines: order.lines.map((line) => ({ ...line, ...amounts })), totals: amounts };
    const promise = await sign({ ...claimsOf(sound), ...claims }, header);
    return change({ ...sound, lines: sound.lines.map((line) => ({ ...line, promise })) });
  }
  const line = (more: object) => (order: PlaceOrder): PlaceOrder => ({ ...order, lines: order.lines.map((each) => ({ ...each, ...more })) });
  const verdictOf = async (order: PlaceOrder) => {
    const verdict = await verifyOrder(order, keys);
    return verdict.kind === 'sound' ? 'sound' : verdict.code;
  };

  it('S5: are sound when each line is what was promised and the amounts add up', async () => {
    expect(await verdictOf(await promised())).toBe('sound');
    expect(await verdictOf(await promised({ claims: { sub: null } }))).toBe('sound');
    expect(await verdictOf(await promised({ claims: { cart: cartDigest([{ sku: 'SKU-1', quantity: 2 }]) } }))).toBe('sound');
    // A newer gateway may claim more.
    expect(await verdictOf(await promised({ claims: { later: 1 } }))).toBe('sound');
  });

  it.each<[string, Parameters<typeof promised>[0]]>([
    ['another article', { claims: { sku: 'SKU-2' } }],
    ['another quantity', { change: line({ quantity: 3 }) }],
    ['another cart', { claims: { cart: cartDigest([{ sku: 'SKU-1', quantity: 2 }, { sku: 'SKU-2', quantity: 1 }]) } }],
    ['another customer', { claims: { sub: 'C-2' } }],
    ['another market', { claims: { mkt: 'us' } }],
    ['another currency', { claims: { cur: 'USD' } }],
    ['another customer group', { claims: { grp: 'trade' } }],
    ['another kind of promise', { header: { typ: 'steward-shipping-promise+jwt' } }],
    ['no kind', { header: { typ: 'JWT' } }],
    ['claims that are none', { claims: { unit: '1000' } }],
    ['no signature at all', { change: line({ promise: `${Buffer.from('{"alg":"none","kid":"one"}').toString('base64url')}.e30.` }) }],
    ['no token', { change: line({ promise: 'abc' }) }],
  ])('S5: a promise of %s is none', async (_what, made) => {
    expect(await verdictOf(await promised(made))).toBe('PROMISE_INVALID');
  });

  it.each<[string, Parameters<typeof promised>[0]]>([
    ['price', { claims: { unit: 999 } }],
    ['discount', { claims: { disc: 1 } }],
    ['tax rate', { claims: { rate: 700 } }],
    ['tax mode', { claims: { tax: 'excluded' } }],
    ['price list entry', { claims: { prev: 2 } }],
    ['promotion', { claims: { promo: ['TEN'] } }],
    ['sum of a line', { change: (order) => ({ ...line({ taxAmount: 320, netAmount: 1_680 })(order), totals: { netAmount: 1_680, taxAmount: 320, grossAmount: 2_000 } }) }],
    ['total', { change: (order) => ({ ...order, totals: { ...order.totals, grossAmount: 1_999 } }) }],
    ['sum beyond all numbers', { claims: { unit: Number.MAX_SAFE_INTEGER }, change: line({ unitAmount: Number.MAX_SAFE_INTEGER }) }],
  ])('S5: another %s than was promised is no order at that price', async (_what, made) => {
    expect(await verdictOf(await promised(made))).toBe('PRICE_CHANGED');
  });

  it('S5: a promise is judged at the moment of acceptance, however late it is looked at', async () => {
    const at = (iso: string) => promised({ change: (order) => ({ ...order, acceptedAt: iso }) });
    expect(await verdictOf(await at('2026-11-24T10:00:59.999Z'))).toBe('sound');
    expect(await verdictOf(await at('2026-11-24T10:01:00.000Z'))).toBe('PRICE_CHANGED');
  });

  it('of a foreign key under our key id is none', async () => {
    const foreign = await generateKeyPair('EdDSA');
    const order = await promised();
    const promise = await sign(claimsOf(order), {}, foreign.privateKey);
    expect(await verdictOf(line({ promise })(order))).toBe('PROMISE_INVALID');
  });
});

import { order, placeOrder, stockLevel } from '@steward/contracts';
import { RejectedError, StewardError } from '@steward/platform';
import fc from 'fast-check';
import { describeFailure } from './fingerprint';
import { normalise } from './normalise';

const body = Buffer.from('{}');
const errorWith = (stack: string, message = 'can not read it'): Error => Object.assign(new TypeError(message), { stack });
const describe_ = (error: Error | string, more: Partial<Parameters<typeof describeFailure>[0]> = {}) => describeFailure({ consumer: 'gateway-availability', contract: stockLevel, class: 'exhausted', error, body, ...more });

describe('C4: what makes two failures one group', () => {
  const frames = (line: number, root: string) =>
    errorWith(`TypeError: x\n    at Client.query (${root}/node_modules/pg/lib/client.js:526:17)\n    at node:internal/x:1:2\n    at async composeStock (${root}/apps/gateway/dist/product/stock.projection.js:${line}:3)`);

  it('is the first own frame, without line numbers, machine paths and foreign frames', () => {
    expect(describe_(frames(10, '/a/b')).frame).toBe('composeStock (apps/gateway/src/product/stock.projection)');
    expect(describe_(frames(99, '/other'))).toEqual(describe_(frames(10, '/a/b')));
  });

  it('is also the consumer, the entity, the class, the code, the type of the error and its message', () => {
    const one = describe_(frames(1, '/a'));
    const others = [
      describe_(frames(1, '/a'), { consumer: 'gateway-prices' }), describe_(frames(1, '/a'), { contract: order }), describe_(frames(1, '/a'), { class: 'rejected' }),
      describe_(Object.assign(frames(1, '/a'), { code: 'E1' })), describe_(Object.assign(frames(1, '/a'), { name: 'RangeError' })), describe_(Object.assign(frames(1, '/a'), { message: 'can not write it' })),
    ];
    expect(new Set([one, ...others].map(({ fingerprint }) => fingerprint)).size).toBe(others.length + 1);
  });

  it('of a faulty message is its first complaint, wherever in a list it lies and whatever else is wrong', () => {
    const fault = (index: number, more: string) => describe_(`/media/${String(index)}/url is missing${more}`, { class: 'schema' });
    expect(fault(0, '')).toMatchObject({ cause: 'contract', message: '/media/*/url is missing', code: null, frame: null });
    expect(fault(7, '; /status is not one of active')).toEqual(fault(0, ''));
  });

  it('sorts by what may help: the class, and of what was tried in vain the error', () => {
    const cause = (error: Error | string, faultClass: Parameters<typeof describeFailure>[0]['class'] = 'exhausted') => describe_(error, { class: faultClass }).cause;
    expect([cause(new TypeError('x')), cause(new StewardError('SOURCE_UNAVAILABLE')), cause(new StewardError('SOURCE_RATE_LIMITED')), cause(new StewardError('SOURCE_REFUSED', 'pim: status 401: no'))]).toEqual(['bug', 'transient', 'rate-limited', 'auth']);
    expect([cause(new RejectedError('ITEM_INVALID'), 'rejected'), cause(new StewardError('CONSUMER_POISON')), cause('x', 'unreadable'), cause('x', 'unknown-value'), cause('x', 'conflict'), cause('x', 'gap'), cause('x', 'security')]).toEqual(['mapping', 'poison', 'poison', 'contract', 'conflict', 'gap', 'security']);
  });
});

describe('C4: the message that is told', () => {
  it('says what happened, without the values that it happened to', () => {
    const told: [string, string][] = [
      ['stock of SKU-4711 at "berlin" is 12.50, not 13', 'stock of … at … is … not …'],
      ["Cannot read properties of undefined (reading 'name')", 'Cannot read properties of undefined (reading …)'],
      ['duplicate key value violates unique constraint "part_pkey"\nDetail: Key (email)=(ada@example.org)', 'duplicate key value violates unique constraint …'],
      ['mail to ada@example.org of Ada Müller bounced at 2026-11-24T09:30:00Z', 'mail to … of … bounced at …'],
      ['/lines/*/quantity must be >= 1', '/lines/*/quantity must be …'],
    ];
    for (const [error, message] of told) expect(normalise(error)).toBe(message);
  });

  it('lets no text with a digit, an @, an address or a quotation pass, whatever surrounds it (T2)', () => {
    const value = fc.oneof(fc.uuid(), fc.emailAddress(), fc.integer().map((n) => `v${String(n)}`), fc.date({ noInvalidDate: true }).map((at) => at.toISOString()), fc.string({ minLength: 4, maxLength: 12 }).filter((text) => !/["'`“”\s]/.test(text) && /[0-9@]/.test(text)));
    fc.assert(fc.property(value, (it_) => {
      expect(normalise(`can not place ${it_} anywhere`)).toBe('can not place … anywhere');
      expect(normalise(`nothing is known of "${it_}"`)).not.toContain(it_);
    }));
  });

  it('never has what the contract calls personal in this very body, though it looks like any word', () => {
    const person = Buffer.from(JSON.stringify({ email: 'ada@example.org', shippingAddress: { name: 'ada lovelace', street: 'analytical lane', city: 'london' } }));
    const { message, fingerprint } = describe_(new Error('no parcel goes to ada in london'), { contract: placeOrder, body: person });
    expect(message).toBe('no parcel goes to … in …');
    const other = Buffer.from(JSON.stringify({ shippingAddress: { name: 'grace hopper', city: 'arlington' } }));
    expect(describeFailure({ consumer: 'gateway-availability', contract: placeOrder, class: 'exhausted', error: Object.assign(new Error('no parcel goes to grace in arlington'), { stack: '' }), body: other }).message).toBe(message);
    expect(fingerprint).toMatch(/^[0-9a-f]{32}$/);
  });

  it('is cut, and storable', () => {
    expect(normalise('word '.repeat(500))).toHaveLength(499);
    expect(normalise('a\u0000b \udc00 c')).toBe('… c');
  });
});

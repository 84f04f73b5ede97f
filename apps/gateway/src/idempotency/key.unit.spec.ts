import { orderNumberOf } from '../checkout/order-number';
import { resourceIdOf } from './key';

const request = { identity: 'guest', operation: 'place-order', key: 'a-key-of-a-shopper' };

describe('what is made under an idempotency key', () => {
  it('S4: has the same id whoever makes it, another under another key, and one that the contracts take for a UUID', () => {
    const id = resourceIdOf(request);
    expect(resourceIdOf({ ...request })).toBe(id);
    expect(id).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-8[0-9a-f]{3}-[89ab][0-9a-f]{3}-[0-9a-f]{12}$/);
    const others = [{ ...request, key: 'another-key-of-hers' }, { ...request, identity: 'customer:1' }, { ...request, operation: 'request-return' }];
    expect(new Set([id, ...others.map(resourceIdOf)]).size).toBe(4);
  });

  it('an order has the number of its id', () => {
    expect(orderNumberOf(resourceIdOf(request))).toBe(orderNumberOf(resourceIdOf(request)));
    expect(orderNumberOf('a')).toMatch(/^[0-9A-HJKMNP-TV-Z]{10}$/);
    expect(orderNumberOf('a')).not.toBe(orderNumberOf('b'));
  });
});

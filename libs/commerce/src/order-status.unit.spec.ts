import { order, type Order } from '@steward/contracts';
import fc from 'fast-check';
import { isTerminal, type OrderEvent, orderEvents, type OrderStatus, orderStatuses, orderTransition } from './order-status';

describe('the status of an order', () => {
  it('S6: has an answer for every pair of status and event', () => {
    const expected: Record<OrderStatus, OrderStatus[]> = {
      ACCEPTED: ['CONFIRMED', 'REJECTED', 'CANCELLED', 'ACCEPTED'],
      CONFIRMED: ['CONFIRMED', 'CONFIRMED', 'CANCELLED', 'COMPLETED'],
      REJECTED: ['REJECTED', 'REJECTED', 'REJECTED', 'REJECTED'],
      CANCELLED: ['CANCELLED', 'CANCELLED', 'CANCELLED', 'CANCELLED'],
      COMPLETED: ['COMPLETED', 'COMPLETED', 'COMPLETED', 'COMPLETED'],
    };
    for (const status of orderStatuses) expect([status, orderEvents.map((event) => orderTransition(status, event))]).toEqual([status, expected[status]]);
  });

  it('S6: absorbs everything once it is terminal, whatever comes in whatever order', () => {
    fc.assert(
      fc.property(fc.array(fc.constantFrom<OrderEvent>(...orderEvents), { maxLength: 30 }), (events) => {
        const seen: OrderStatus[] = ['ACCEPTED'];
        for (const event of events) seen.push(orderTransition(seen.at(-1) ?? 'ACCEPTED', event));
        const ended = seen.findIndex(isTerminal);
        if (ended >= 0) expect(new Set(seen.slice(ended)).size).toBe(1);
        // A duplicate says nothing new.
        for (const [index, event] of events.entries()) expect(orderTransition(seen[index + 1] ?? 'ACCEPTED', event)).toBe(seen[index + 1]);
      }),
    );
  });

  it('S6: ends in three places, each of which can be reached, and knows the statuses of the contract', () => {
    expect(orderStatuses.filter(isTerminal)).toEqual(['REJECTED', 'CANCELLED', 'COMPLETED']);
    const reached = new Set<OrderStatus>(['ACCEPTED']);
    for (const status of reached) for (const event of orderEvents) reached.add(orderTransition(status, event));
    expect([...reached].toSorted()).toEqual(orderStatuses.toSorted());
    const refused = (status: string): boolean => order.validateConsumed({ status } as unknown as Order).some(({ pointer }) => pointer === '/status');
    expect([...orderStatuses.filter(refused), refused('SHIPPED')]).toEqual([true]);
  });
});

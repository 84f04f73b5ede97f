import { orderEvents, type OrderStatus, orderTransition } from '@steward/commerce';
import fc from 'fast-check';
import { capturedOf } from './money';
import { countOf, shippedQuantities, sumOf } from './quantities';
import { isTerminal, type Saga } from './saga';
import { type Turn, World } from './world.fixture.spec';

const disturbances: Turn['what'][] = ['deliver', 'redeliver', 'command', 'effect', 'ship', 'undo-parcel', 'expire', 'cancel', 'refund', 'return', 'timer', 'wait'];
// Nine turns of ten get somewhere, and most of what is asked is granted: else hardly any schedule would see an order confirmed.
const turn = fc.record({
  what: fc.oneof({ weight: 6, arbitrary: fc.constant('advance' as const) }, { weight: 1, arbitrary: fc.constantFrom(...disturbances) }),
  pick: fc.nat(9),
  how: fc.oneof({ weight: 8, arbitrary: fc.constant(0) }, { weight: 2, arbitrary: fc.nat(9) }),
});
const schedules = fc.array(turn, { maxLength: 80, size: 'max' });
const shape = fc.record({
  lines: fc.array(fc.record({ quantity: fc.integer({ min: 1, max: 4 }), grossAmount: fc.integer({ min: 0, max: 3_000 }) }), { minLength: 1, maxLength: 3 }),
  shipping: fc.constantFrom(0, 490),
  method: fc.constantFrom('card' as const, 'card' as const, 'invoice' as const),
});
const verdict = fc.constantFrom({ kind: 'sound' as const }, { kind: 'sound' as const }, { kind: 'sound' as const }, { kind: 'unsound' as const, code: 'PRICE_CHANGED' as const, message: 'other', sku: null });

const run = (check: (world: World, schedule: readonly Turn[]) => void, parameters: fc.Parameters<unknown> = {}): void => {
  fc.assert(
    fc.property(shape, verdict, schedules, (order, judged, schedule) => check(new World(order, judged), schedule)),
    { numRuns: 500, ...parameters },
  );
};

const stepBy = (world: World, schedule: readonly Turn[], check: (before: Saga | undefined, after: Saga) => void): void => {
  for (const each of schedule) {
    const before = world.saga;
    world.take(each);
    if (world.saga !== undefined) check(before, world.saga);
  }
};

const effectsOf = (world: World, kind: string): string[] => world.intents.flatMap((intent) => (intent.do === 'effect' && intent.effect.kind === kind ? [intent.effect.subject] : []));
const has = ({ cases }: Saga, ...codes: string[]): boolean => cases.some(({ code }) => codes.includes(code));

describe('an order among duplicates, delays and refusals', () => {
  it('S4, S6: authorizes, places, lets go and undoes at most once, captures a parcel once and pays a refund once', () => {
    run((world, schedule) => {
      stepBy(world, schedule, () => undefined);
      world.settle();
      for (const kind of ['authorize', 'place', 'void', 'cancel-placed']) expect(effectsOf(world, kind).length).toBeLessThanOrEqual(1);
      for (const kind of ['capture', 'refund']) expect(new Set(effectsOf(world, kind)).size).toBe(effectsOf(world, kind).length);
    });
  });

  it('S5: never captures more than is authorized, nor refunds more than is captured, counting what is still under way', () => {
    run((world, schedule) => {
      stepBy(world, schedule, (_, { money }) => {
        const captured = sumOf(money.captures.filter(({ state }) => state !== 'refused').map(({ amount }) => amount));
        const refunded = sumOf(money.refunds.filter(({ state }) => state === 'asked' || state === 'done').map(({ amount }) => amount));
        expect(captured).toBeLessThanOrEqual(money.authorization.kind === 'authorized' ? money.authorization.amount : 0);
        expect(refunded).toBeLessThanOrEqual(sumOf(money.captures.filter(({ state }) => state === 'done').map(({ amount }) => amount)));
      });
      world.settle();
      expect(world.psp.captured).toBeLessThanOrEqual(world.psp.authorized);
      expect(world.psp.refunded).toBeLessThanOrEqual(world.psp.captured);
    });
  });

  it('S6: a terminal step is never left, and what the shopper was told at the end stays', () => {
    run((world, schedule) => {
      stepBy(world, schedule, (before, after) => {
        if (before !== undefined && isTerminal(before.step)) expect(after.step).toBe(before.step);
      });
      world.settle();
      // A parcel may be the first that is heard of an order's export: it is confirmed and complete at once.
      const leads = (from: OrderStatus, to: OrderStatus): boolean => from === to || orderEvents.some((event) => orderTransition(from, event) === to || orderTransition(orderTransition(from, 'confirm'), event) === to);
      const told: readonly OrderStatus[] = ['ACCEPTED', ...world.told];
      expect(told.slice(1).every((status, index) => leads(told[index] ?? 'ACCEPTED', status))).toBe(true);
    });
  });

  it('S6: tells what became of it once: placed, rejected or cancelled, and of those that were placed only a cancellation', () => {
    run((world, schedule) => {
      stepBy(world, schedule, () => undefined);
      world.settle();
      const events = world.intents.flatMap((intent) => (intent.do === 'event' ? [intent.event.kind] : []));
      const placed = world.saga?.confirmedAt === null ? [] : ['order-placed'];
      const ended = { rejected: ['order-rejected'], cancelled: ['order-cancelled'], completed: [] }[(world.saga?.step ?? 'completed') as 'rejected' | 'cancelled' | 'completed'];
      expect(events).toEqual([...placed, ...ended]);
    });
  });

  it('S7: has a time at which somebody looks, in every step but the terminal ones, and comes to an end when everybody works again', () => {
    run((world, schedule) => {
      stepBy(world, schedule, (_, { step, dueAt }) => expect(dueAt === null).toBe(isTerminal(step)));
      world.settle();
      expect(world.saga && isTerminal(world.saga.step)).toBe(true);
    });
  });

  it('S2, S7: an order that did not come about holds no stock, no money and no place in the OMS', () => {
    run((world, schedule) => {
      stepBy(world, schedule, () => undefined);
      world.settle();
      const { saga, erp, psp, oms } = world;
      if (saga?.step !== 'rejected' && saga?.step !== 'cancelled') return;
      expect(['held', 'exported']).not.toContain(erp.status);
      if (!has(saga, 'refund-refused')) expect(psp.captured - psp.refunded).toBe(0);
      if (psp.authorized > 0) expect(psp.voided || psp.captured === psp.authorized).toBe(true);
      if (oms.placed) expect(oms.cancelled || has(saga, 'cancel-refused')).toBe(true);
      expect(saga.money.token).toBeNull();
    });
  });

  it('S7: whatever has left the warehouse is paid, and nothing else is; pieces are shipped, cancelled or neither, never both', () => {
    run((world, schedule) => {
      stepBy(world, schedule, (_, saga) => {
        for (const { lineId, quantity } of saga.order?.lines ?? []) expect(countOf([...shippedQuantities(saga), ...saga.cancelled], lineId)).toBeLessThanOrEqual(quantity);
      });
      world.settle();
      const { saga, psp } = world;
      if (saga?.step !== 'completed' || saga.money.method === 'invoice') return;
      expect(capturedOf(saga)).toBe(psp.captured);
      if (has(saga, 'capture-refused', 'capture-short', 'refund-refused')) return;
      const lines = saga.order?.lines ?? [];
      const everything = lines.every(({ lineId, quantity }) => countOf(shippedQuantities(saga), lineId) === quantity);
      const undone = sumOf(saga.money.refunds.filter(({ refundId, state }) => state === 'done' && refundId.startsWith('parcel:')).map(({ amount }) => amount));
      if (everything) expect(psp.captured - undone).toBe(saga.order?.totals.grossAmount);
      else expect(psp.captured - undone).toBeLessThanOrEqual(saga.order?.totals.grossAmount ?? 0);
    });
  });
});

describe('the schedules of this file', () => {
  // With a fixed seed, so that what it finds is the same everywhere: it judges the schedules, not the saga.
  it('S7: lead orders along every edge between two steps, so that none of them is believed without being tried', () => {
    const seen = new Set<string>();
    run(
      (world, schedule) => {
        const note = (before: Saga | undefined, after: Saga): void => {
          const from = before?.step ?? 'new';
          if (from !== after.step) seen.add(`${from} > ${after.step}`);
        };
        stepBy(world, schedule, note);
      },
      { seed: 20261124, numRuns: 3_000 },
    );
    expect([...seen].sort()).toEqual([
      'authorizing > awaiting-action',
      'authorizing > compensating',
      'authorizing > placing',
      'awaiting-action > compensating',
      'awaiting-action > placing',
      'compensating > cancelled',
      'compensating > completed',
      'compensating > confirmed',
      'compensating > rejected',
      'confirmed > compensating',
      'confirmed > completed',
      'exporting > compensating',
      'exporting > confirmed',
      'new > rejected',
      'new > reserving',
      'new > unplaced',
      'placing > compensating',
      'placing > exporting',
      'reserving > authorizing',
      'reserving > compensating',
      'reserving > placing',
      'reserving > rejected',
      'unplaced > cancelled',
    ]);
  });
});

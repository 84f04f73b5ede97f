/**
 * T1: each call of each way that an order can go is made to fail in each way that a call can fail. All orders run at once, so a
 * crash for one of them hits whatever the others are doing.
 */
import { eventually } from '@steward/testing';
import { type Blow, type Book, modes, type Port, type Temper } from '../fixtures/ledgers.fixture.spec';
import { Line } from '../fixtures/line.fixture.spec';
import { isTerminal, type Saga } from '../saga/saga';

interface Way {
  readonly name: string;
  /** Calls to other systems when nothing fails. */
  readonly calls: number;
  readonly temper?: Temper;
  readonly soldOut?: boolean;
  /** What happens next to an order in this step; undefined when nothing has to. */
  readonly next?: (line: Line, orderId: string, saga: Saga) => Promise<void> | undefined;
}

const parcels = (saga: Saga): number => saga.shipments.length;

const ways: readonly Way[] = [
  { name: 'sold-out', calls: 0, soldOut: true },
  { name: 'declined', calls: 1, temper: { declines: true } },
  { name: 'refused', calls: 3, temper: { refusesOrder: true } },
  { name: 'cancelled', calls: 4, next: (line, orderId, { step, goal }) => (step === 'confirmed' && goal.kind === 'fulfil' ? line.cancel(orderId) : undefined) },
  // Wherever the turn happens to find it.
  { name: 'early', calls: 4, next: (line, orderId, { step, goal }) => (step !== 'reserving' && goal.kind === 'fulfil' ? line.cancel(orderId) : undefined) },
  { name: 'abandoned', calls: 3, temper: { actionLooks: Infinity } },
  { name: 'proven', calls: 5, temper: { actionLooks: 2 }, next: (line, orderId, saga) => (saga.step === 'confirmed' && parcels(saga) === 0 ? line.ship(orderId, `${orderId}-1`, 2, true) : undefined) },
  {
    name: 'shipped',
    calls: 5,
    next: (line, orderId, saga) => {
      if (saga.step === 'confirmed' && parcels(saga) < 2) return line.ship(orderId, `${orderId}-${parcels(saga) + 1}`, 1, parcels(saga) === 1);
      const refunded = saga.money.refunds.length > 0;
      return saga.step === 'completed' && !refunded ? line.happen({ orderId, input: { kind: 'refund-payment', refund: { refundId: `R ${orderId}`, orderId, amount: 500, currency: 'EUR', reason: 'late', requestedBy: 'operator' } } }) : undefined;
    },
  },
  {
    name: 'halved',
    calls: 4,
    next: (line, orderId, saga) => {
      if (saga.step !== 'confirmed' || saga.goal.kind !== 'fulfil') return undefined;
      return parcels(saga) === 0 ? line.ship(orderId, `${orderId}-1`, 1, false) : line.cancel(orderId);
    },
  },
];

interface Trial {
  readonly orderId: string;
  readonly way: Way;
  readonly blow?: Blow;
}

/** A way on which each port is called: a new port is no port until it has one. */
const wayTo: Readonly<Record<Port, (typeof ways)[number]['name']>> = { authorize: 'shipped', place: 'shipped', capture: 'shipped', refund: 'shipped', release: 'cancelled', cancel: 'cancelled' };

const trials: readonly Trial[] = ways.flatMap((way): Trial[] => [
  { way, orderId: `${way.name}-well` },
  // What comes after a blow may be more calls than without one.
  ...modes.flatMap((mode) => Array.from({ length: way.calls + 1 }, (_, index) => ({ way, blow: { nth: index + 1, mode }, orderId: `${way.name}-${mode}-${index + 1}` }))),
  ...(Object.keys(wayTo) as Port[]).filter((port) => wayTo[port] === way.name).flatMap((port) => ([port, `look ${port}`] as const).flatMap((call) => modes.map((mode) => ({ way, blow: { call, mode }, orderId: `${way.name}-${call.replace(' ', '-')}-${mode}` })))),
]);

const sum = (amounts: Iterable<number[]>): number => [...amounts].flat().reduce((total, amount) => total + amount, 0);

/** What must hold of an order at its end, whatever befell it. */
function wrongWith({ way }: Trial, saga: Saga | undefined, book: Book, stock: string | undefined): string[] {
  if (saga === undefined) return ['it is not there'];
  const captured = sum(book.captured.values());
  const refunded = sum(book.refunded.values());
  const authorized = sum([book.authorized]);
  const lost = saga.step === 'rejected' || saga.step === 'cancelled';
  const doubled = [...book.captured.values(), ...book.refunded.values(), book.authorized].some((entries) => entries.length > 1) || book.placed > 1 || book.voids > 1 || book.cancelled > 1;
  const expected: Readonly<Record<string, string>> = { 'sold-out': 'rejected', declined: 'rejected', refused: 'rejected', abandoned: 'rejected', cancelled: 'cancelled', early: 'cancelled' };
  return Object.entries({
    'it is not at its end': !isTerminal(saga.step),
    [`it ended as ${saga.step}`]: saga.step !== (expected[way.name] ?? 'completed'),
    'something was done twice': doubled,
    'more was captured than authorized': captured > authorized,
    'more was refunded than captured': refunded > captured,
    'money is held for an order that is none': lost && (captured > refunded || (authorized > 0 && book.voids === 0)),
    'the OMS has an order that is none': lost && book.placed > book.cancelled,
    'stock is held for an order that is none': lost && (stock === 'held' || stock === 'exported'),
    'what was shipped is not paid': saga.step === 'completed' && captured !== (way.name === 'halved' ? 999 : 1_999),
    'the refund was not paid': way.name === 'shipped' && refunded !== 500,
    'the rest of the money is held': way.name === 'halved' && book.voids !== 1,
    'there is a case': saga.cases.length > 0,
  }).flatMap(([what, holds]) => (holds ? [what] : []));
}

describe('an order whose every call may fail', () => {
  let line: Line;
  beforeAll(async () => {
    line = await Line.open();
  });
  afterAll(() => line.close());

  it(`S6, S7: comes to its right end, each effect once, in ${trials.length} trials`, async () => {
    for (const { way, blow, orderId } of trials) {
      if (blow !== undefined) line.ledgers.blows.set(orderId, blow);
      if (way.temper) line.ledgers.tempers.set(orderId, way.temper);
      if (way.soldOut) line.soldOut.add(orderId);
      await line.place(orderId);
    }
    const open = new Set(trials.map(({ orderId }) => orderId));
    const turn = async (): Promise<boolean> => {
      await line.obey();
      const sagas = await line.sagas();
      for (const { way, orderId } of trials) {
        const saga = sagas.get(orderId);
        if (saga === undefined || !open.has(orderId)) continue;
        const next = way.next?.(line, orderId, saga);
        await next;
        const owed = saga.money.refunds.some(({ state }) => state === 'asked' || state === 'waiting') || saga.money.release === 'asked';
        if (next === undefined && isTerminal(saga.step) && !owed) open.delete(orderId);
      }
      // Nobody else needs the clock: a shopper who never comes, parcels that may have left before a cancellation, reminders.
      if ([...open].every((orderId) => ['awaiting-action', 'compensating'].includes(sagas.get(orderId)?.step ?? ''))) await line.untilDue();
      await line.sweep();
      return open.size === 0;
    };
    await eventually(turn, { withinMs: 100_000 }).catch(() => undefined);

    const sagas = await line.sagas();
    const wrong = trials.map((trial) => {
      const saga = sagas.get(trial.orderId);
      const book = line.ledgers.book(trial.orderId);
      const found = wrongWith(trial, saga, book, line.reservations.get(trial.orderId)?.status);
      return found.length === 0 ? [] : [`${trial.orderId}: ${found.join(', ')} (${saga?.step}; ${book.calls.slice(0, 20).join(', ')})`];
    });
    expect(wrong.flat()).toEqual([]);
    // T1: no port, and no way in which it can fail, that was not tried.
    expect(line.ledgers.everyCall.flatMap((call) => modes.map((mode) => `${call} ${mode}` as const)).filter((each) => !line.ledgers.struck.has(each))).toEqual([]);
    expect(line.crashes).toBeGreaterThan(20);
  }, 120_000);
});

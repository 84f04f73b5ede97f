import { Flight } from './flight';
import type { PendingRow } from './read-pending';

const row = (id: number, subject = 'evt.pim.feed-progress.v1.a', ordered = true): PendingRow =>
  ({ id: String(id), createdAt: '', lane: 0, ordered, republishedFor: null, envelope: { id: `m${id}`, type: subject.split('.').slice(1, 4).join('.'), subject } }) as PendingRow;

describe('Flight', () => {
  it('O3: takes nothing of a key whose rows were given back while a later page was read, before a sweep has seen them again', () => {
    const flight = new Flight();
    const [first, second, later] = [row(1), row(2), row(19)];
    flight.sweepBegins(0);
    expect([first, second].map((each) => flight.take(each, 0))).toEqual(['send', 'wait']);
    // Its acknowledgement is lost while a page behind it is under way: 2 to 18 lie before that page.
    flight.giveBack(first);
    expect([flight.take(later, 0), flight.take(row(20, 'evt.pim.feed-progress.v1.b'), 0)]).toEqual(['skip', 'send']);
    flight.sweepBegins(0);
    expect([first, second, later].map((each) => flight.take(each, 0))).toEqual(['send', 'wait', 'wait']);
  });

  it('O3: nor of a blocked key, when its time is over in the middle of a sweep that has passed over it', () => {
    const flight = new Flight();
    flight.sweepBegins(0);
    const first = row(1);
    flight.take(first, 0);
    const until = flight.block(first, 0);
    flight.sweepBegins(until - 1);
    expect(flight.take(row(2), until)).toBe('skip');
    flight.sweepBegins(until);
    expect(flight.take(first, until)).toBe('send');
  });

  it('O3: nor of a stream that was paused when its rows were passed over', () => {
    const flight = new Flight();
    flight.sweepBegins(0);
    flight.leaveOut(['pim.feed-progress.v1']);
    expect([flight.take(row(2), 0), flight.take(row(3, 'evt.pim.product.v1.p'), 0)]).toEqual(['skip', 'send']);
    flight.sweepBegins(0);
    expect(flight.take(row(1), 0)).toBe('send');
  });

  it('states commute: one that was given back is taken again at once', () => {
    const flight = new Flight();
    const state = row(1, 'evt.pim.product.v1.p', false);
    expect(flight.take(state, 0)).toBe('send');
    flight.giveBack(state);
    expect([flight.take(state, 0), flight.take(row(2, 'evt.pim.product.v1.p', false), 0)]).toEqual(['send', 'send']);
  });
});

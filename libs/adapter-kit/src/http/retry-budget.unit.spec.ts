import { manualClock } from '@steward/platform';
import { CallPace, retryAfterMs } from './call-pace';
import { RetryBudget } from './retry-budget';

describe('R1: the retry budget', () => {
  it('pays one retry for ten successes, and saves up no more than its bucket', () => {
    const budget = new RetryBudget(3);
    expect([budget.spend(), budget.spend(), budget.spend(), budget.spend()]).toEqual([true, true, true, false]);
    for (let n = 0; n < 9; n += 1) budget.succeeded();
    expect(budget.spend()).toBe(false);
    budget.succeeded();
    expect([budget.spend(), budget.spend()]).toEqual([true, false]);
    for (let n = 0; n < 1_000; n += 1) budget.succeeded();
    expect(budget.left).toBe(3);
  });
});

describe('R2: when the next call may go out', () => {
  it('spreads calls evenly and refuses a turn after the deadline', () => {
    const clock = manualClock();
    const pace = new CallPace(10, clock);
    const deadline = clock.now() + 250;
    expect([pace.take(deadline), pace.take(deadline), pace.take(deadline), pace.take(deadline)]).toEqual([0, 100, 200, undefined]);
  });

  it('holds back every call until the time that the vendor named', () => {
    const clock = manualClock();
    const pace = new CallPace(1_000, clock);
    pace.pause(700);
    expect(pace.take(clock.now() + 500)).toBeUndefined();
    expect(pace.take(clock.now() + 1_000)).toBe(700);
  });

  it('reads Retry-After as seconds or as a date', () => {
    const now = Date.parse('2026-11-24T10:00:00Z');
    expect(retryAfterMs('2', now)).toBe(2_000);
    expect(retryAfterMs('Tue, 24 Nov 2026 10:00:03 GMT', now)).toBe(3_000);
    expect([retryAfterMs(undefined, now), retryAfterMs('soon', now), retryAfterMs('', now)]).toEqual([undefined, undefined, undefined]);
  });
});

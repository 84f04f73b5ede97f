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

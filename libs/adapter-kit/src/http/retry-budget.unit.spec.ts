import { manualClock } from '@steward/platform';
import { type FleetTokens, RetryBudget } from './retry-budget';

const spends = async (budget: RetryBudget, times: number): Promise<boolean[]> => {
  const spent = [];
  for (let n = 0; n < times; n += 1) spent.push(await budget.spend());
  return spent;
};
const succeed = (budget: RetryBudget, times: number): void => {
  for (let n = 0; n < times; n += 1) budget.succeeded();
};

describe('R1: the retry budget', () => {
  it('pays one retry for ten successes, and saves up no more than its bucket', async () => {
    const clock = manualClock();
    const budget = new RetryBudget({ bucket: 3, clock });
    expect(await spends(budget, 4)).toEqual([true, true, true, false]);
    succeed(budget, 9);
    clock.advance(1_000);
    expect(await budget.spend()).toBe(false);
    succeed(budget, 1);
    expect(await spends(budget, 2)).toEqual([true, false]);
    succeed(budget, 1_000);
    expect(budget.left).toBe(3);
    expect(await spends(budget, 4)).toEqual([true, true, true, false]);
  });

  it('pays in what it has earned once, keeps what was not taken, and asks a fleet that has nothing once a second', async () => {
    const clock = manualClock();
    const asked: number[] = [];
    let left: number | undefined = 4;
    const tokens: FleetTokens = { take: async (earned) => (asked.push(Math.round(earned * 10) / 10), left) };
    const budget = new RetryBudget({ bucket: 10, clock, tokens });
    succeed(budget, 4);
    expect(await spends(budget, 2)).toEqual([true, true]);
    expect(budget.left).toBe(4);
    left = undefined;
    succeed(budget, 5);
    expect(await spends(budget, 20)).toEqual(Array.from({ length: 20 }, () => false));
    clock.advance(1_000);
    left = 0;
    expect(await budget.spend()).toBe(true);
    expect(asked).toEqual([0.4, 0, 0.5, 0.5]);
  });

  it('pays for nothing when the fleet can’t be asked', async () => {
    const budget = new RetryBudget({ bucket: 10, clock: manualClock(), tokens: { take: () => Promise.reject(new Error('no database')) } });
    expect([await budget.spend(), budget.left]).toEqual([false, 0]);
  });
});

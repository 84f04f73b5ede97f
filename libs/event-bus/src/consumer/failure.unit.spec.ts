import { RejectedError, StewardError } from '@steward/platform';
import { awaiting, businessCase, classify, defaultBudget, isExhausted, retryDelayMs, unknownOutcome } from './failure';

const withCode = (code: string, message = 'x'): Error => Object.assign(new Error(message), { code });

describe('C3: kinds of failure', () => {
  it.each(['08006', '40001', '40P01', '53300', '57P01', '55P03', 'ECONNREFUSED'])('%s is the infrastructure, not the message', (code) => {
    expect(classify(withCode(code)).kind).toBe('infrastructure');
  });
  it.each(['22P05', '22P02', '21000', '54000'])('%s can never be stored', (code) => {
    expect(classify(withCode(code))).toMatchObject({ kind: 'permanent', class: 'unstorable' });
  });
  it('a constraint violation or a cancelled statement gets the default budget', () => {
    expect(classify(withCode('23505')).kind).toBe('transient');
    expect(classify(withCode('57014')).kind).toBe('transient');
    expect(classify(new StewardError('CONSUMER_GAP', 'x')).kind).toBe('transient');
    expect(classify('a thrown string')).toMatchObject({ kind: 'transient', error: expect.any(Error) });
  });
  it('a rejected error, a business case, an unknown outcome and a wait are what the handler says', () => {
    expect(classify(new RejectedError('CONSUMER_GAP', 'x'))).toMatchObject({ kind: 'permanent', class: 'rejected' });
    expect(classify(businessCase('credit limit'))).toMatchObject({ kind: 'permanent', class: 'business' });
    expect(classify(unknownOutcome(new Error('time-out'), () => Promise.resolve('absent')))).toMatchObject({ kind: 'unknown' });
    expect(classify(awaiting('product', 'P1'))).toMatchObject({ kind: 'awaiting', entity: 'product', key: 'P1' });
  });
  it('a lost connection is known by its words too', () => {
    expect(classify(new Error('Connection terminated unexpectedly')).kind).toBe('infrastructure');
  });
});

describe('C3: the default budget', () => {
  it('is used up by five tries only when a quarter of an hour has passed as well', () => {
    expect(isExhausted(defaultBudget, 5, 0, 14 * 60_000)).toBe(false);
    expect(isExhausted(defaultBudget, 4, 0, 60 * 60_000)).toBe(false);
    expect(isExhausted(defaultBudget, 5, 0, 15 * 60_000)).toBe(true);
  });
  it('B4: delays have full jitter under a growing ceiling of at most 10 minutes', () => {
    expect(retryDelayMs(1, () => 0)).toBe(50);
    expect([1, 2, 3, 4, 5, 9].map((tries) => retryDelayMs(tries, () => 0.999999))).toEqual([4_049, 16_049, 64_049, 256_049, 600_049, 600_049]);
    // Five tries can span the quarter of an hour.
    expect([1, 2, 3, 4].reduce((sum, tries) => sum + retryDelayMs(tries, () => 0.5), 0)).toBeGreaterThan(2 * 60_000);
  });
});

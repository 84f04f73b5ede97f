import { promotion, type Promotion } from '@steward/contracts';
import fc from 'fast-check';
import { applyPromotions, type CartLine, type Promoted, type PromotionQuestion } from './promotions';

const noon = Date.parse('2027-03-20T12:00:00.000Z');
const iso = (at: number): string => new Date(at).toISOString();
const question: PromotionQuestion = { market: 'eu', currency: 'EUR', customerGroup: 'public', codes: [], at: noon };
const percent = (id: string, valueBp: number, more: Partial<Promotion> = {}): Promotion => ({
  id, market: 'eu', currency: 'EUR', customerGroup: 'public', code: null, kind: 'percent', valueBp, amount: null, minSubtotal: 0, skus: null,
  validFrom: null, validTo: null, stacking: 'stackable', priority: 0, ...more,
});
const off = (id: string, amount: number, more: Partial<Promotion> = {}): Promotion => percent(id, 0, { kind: 'amount', valueBp: null, amount, ...more });
const line = (sku: string, unitAmount: number, quantity = 1): CartLine => ({ sku, unitAmount, quantity });
const cart = [line('tent', 10_000), line('pegs', 500, 2)];

const apply = (promotions: readonly Promotion[], more: Partial<PromotionQuestion> = {}, lines: readonly CartLine[] = cart): Promoted => applyPromotions(lines, promotions, { ...question, ...more });
const told = ({ discounts }: Promoted): string[] => discounts.map(({ discountAmount, promotionIds }) => [discountAmount, ...promotionIds].join(' '));
const total = ({ discounts }: Promoted): number => discounts.reduce((sum, { discountAmount }) => sum + discountAmount, 0);

describe('promotions', () => {
  it('take a share off each line, or an amount off all of them in proportion', () => {
    expect(told(apply([percent('spring', 1_000)]))).toEqual(['1000 spring', '100 spring']);
    expect(told(apply([off('welcome', 1_000)]))).toEqual(['909 welcome', '91 welcome']);
    expect(told(apply([percent('pegs only', 5_000, { skus: ['pegs'] })]))).toEqual(['0', '500 pegs only']);
    expect(told(apply([off('gift', 99_999)]))).toEqual(['10000 gift', '1000 gift']);
    expect(told(apply([]))).toEqual(['0', '0']);
    expect(apply([percent('a', 100)], {}, [])).toEqual({ discounts: [], validUntil: null });
  });

  it('stack by priority, each on what is left', () => {
    const first = percent('first', 5_000, { priority: 2 });
    const second = off('second', 1_000, { priority: 1, skus: ['tent'] });
    expect(told(apply([second, first]))).toEqual(['6000 first second', '500 first']);
    expect(told(apply([{ ...second, priority: 3 }, first]))).toEqual(['5500 second first', '500 first']);
  });

  it('let an exclusive one stand alone, when that is cheaper', () => {
    const both = [percent('a', 1_000), percent('b', 1_000)];
    expect(told(apply([...both, percent('alone', 1_500, { stacking: 'exclusive' })]))).toEqual(['1900 a b', '190 a b']);
    expect(told(apply([...both, percent('alone', 2_000, { stacking: 'exclusive' }), percent('worse', 1_950, { stacking: 'exclusive' })]))).toEqual(['2000 alone', '200 alone']);
    expect(told(apply([percent('alone', 1_000, { stacking: 'exclusive' }), percent('a', 1_000)]))).toEqual(['1000 a', '100 a']);
  });

  it('that take the same off are one answer: the higher priority, and then the id', () => {
    const twins = [percent('b', 1_000, { stacking: 'exclusive' }), percent('a', 1_000, { stacking: 'exclusive' })];
    for (const list of [twins, twins.toReversed()]) expect(told(apply(list))).toEqual(['1000 a', '100 a']);
    expect(told(apply([...twins, percent('z', 1_000, { stacking: 'exclusive', priority: 1 })]))).toEqual(['1000 z', '100 z']);
  });

  it.each<[string, Partial<Promotion>, Partial<PromotionQuestion>]>([
    ['another market', { market: 'us' }, {}],
    ['another currency', { currency: 'USD' }, {}],
    ['another group', { customerGroup: 'club' }, {}],
    ['a code that nobody typed', { code: 'WELCOME' }, { codes: ['WELCOM'] }],
    ['lines that are not in the cart', { skus: ['stove'] }, {}],
    ['more than its lines cost', { minSubtotal: 1_001, skus: ['pegs'] }, {}],
    ['a later moment', { validFrom: iso(noon + 1) }, {}],
    ['an earlier moment', { validTo: iso(noon) }, {}],
  ])('of %s does not hold', (_what, differs, asked) => {
    expect(total(apply([percent('p', 1_000, differs)], asked))).toBe(0);
    expect(total(apply([percent('p', 1_000)], asked))).toBe(1_100);
  });

  it('of a group, a code and a minimum hold where these are met, and look at the prices before any discount', () => {
    expect(total(apply([percent('p', 1_000, { customerGroup: 'club' })], { customerGroup: 'club' }))).toBe(1_100);
    expect(total(apply([percent('p', 1_000, { code: 'Welcome10' })], { codes: ['x', 'welcome10'] }))).toBe(1_100);
    expect(total(apply([percent('half', 5_000, { priority: 1 }), percent('p', 1_000, { minSubtotal: 11_000 })]))).toBe(6_050);
  });

  it.each([[line('a', 0.5)], [line('a', -1)], [line('a', 1, 1.5)], [line('a', Number.MAX_SAFE_INTEGER, 2)], [line('a', Number.MAX_SAFE_INTEGER), line('b', 1)]])('S5: refuses amounts that are not exact: %j', (...lines) => {
    expect(() => apply([percent('p', 1_000)], {}, lines)).toThrow(RangeError);
  });
});

describe('promotions, whatever they are', () => {
  const hours = fc.option(fc.integer({ min: -4, max: 4 }).map((hour) => iso(noon + hour * 3_600_000)), { nil: null });
  const skus = ['a', 'b', 'c'];
  const some = fc.record({
    market: fc.constantFrom('eu', 'eu', 'us'),
    customerGroup: fc.constantFrom('public', 'public', 'club'),
    code: fc.constantFrom(null, null, 'CODE'),
    skus: fc.option(fc.subarray(skus, { minLength: 1 }), { nil: null }),
    minSubtotal: fc.constantFrom(0, 0, 500, 100_000),
    validFrom: hours,
    validTo: hours,
    stacking: fc.constantFrom('exclusive' as const, 'stackable' as const),
    priority: fc.nat({ max: 3 }),
    size: fc.oneof(fc.nat({ max: 10_000 }).map((valueBp) => ({ kind: 'percent' as const, valueBp, amount: null })), fc.nat({ max: 20_000 }).map((amount) => ({ kind: 'amount' as const, valueBp: null, amount }))),
  });
  const lists = fc.array(some, { maxLength: 6 }).map((promotions) => promotions.map(({ size, ...more }, index) => percent(`p${index}`, 0, { ...more, ...size })));
  const carts = fc.array(fc.record({ sku: fc.constantFrom(...skus), quantity: fc.integer({ min: 1, max: 9 }), unitAmount: fc.nat({ max: 9_999 }) }), { maxLength: 5 });
  const questions = fc.record({ market: fc.constant('eu'), currency: fc.constant('EUR'), customerGroup: fc.constantFrom('public', 'club'), codes: fc.subarray(['code', 'other']), at: fc.integer({ min: -5, max: 5 }).map((hour) => noon + hour * 3_600_000) });

  it('S5: never lower a line below 0, and name what lowered it', () => {
    fc.assert(
      fc.property(carts, lists, questions, (lines, promotions, asked) => {
        for (const each of promotions) expect(promotion.validateProduced(each)).toEqual([]);
        const { discounts } = applyPromotions(lines, promotions, asked);
        expect(discounts).toHaveLength(lines.length);
        for (const [place, { discountAmount, promotionIds }] of discounts.entries()) {
          const { unitAmount = 0, quantity = 0 } = lines[place] ?? {};
          expect(Number.isSafeInteger(discountAmount) && discountAmount >= 0 && discountAmount <= unitAmount * quantity).toBe(true);
          expect(promotionIds.length > 0).toBe(discountAmount > 0);
          const used = promotions.filter(({ id }) => promotionIds.includes(id));
          if (used.some(({ stacking }) => stacking === 'exclusive')) expect(used).toHaveLength(1);
        }
      }),
    );
  });

  it('are as cheap for the shopper as any exclusive one alone, and as all stackable ones', () => {
    fc.assert(
      fc.property(carts, lists, questions, (lines, promotions, asked) => {
        const best = total(applyPromotions(lines, promotions, asked));
        const rivals = [promotions.filter(({ stacking }) => stacking === 'stackable'), ...promotions.map((only) => [only])].map((rival) => total(applyPromotions(lines, rival, asked)));
        expect(best).toBe(Math.max(...rivals.slice(0, 1), ...rivals.slice(1).filter((_, index) => promotions[index]?.stacking === 'exclusive')));
      }),
    );
  });

  it('do not depend on the order in which they come', () => {
    fc.assert(
      fc.property(carts, lists, questions, fc.gen(), (lines, promotions, asked, gen) => {
        const shuffled = gen(fc.shuffledSubarray, promotions, { minLength: promotions.length });
        expect(applyPromotions(lines, shuffled, asked)).toEqual(applyPromotions(lines, promotions, asked));
      }),
    );
  });

  it('C11: stay the same until validUntil, and for ever when there is none', () => {
    fc.assert(
      fc.property(carts, lists, questions, fc.double({ min: 0, max: 1, noNaN: true }), (lines, promotions, asked, share) => {
        const { discounts, validUntil } = applyPromotions(lines, promotions, asked);
        const until = validUntil ?? asked.at + 100 * 86_400_000;
        expect(until).toBeGreaterThan(asked.at);
        for (const at of [until - 1, asked.at + Math.floor((until - 1 - asked.at) * share)]) expect(applyPromotions(lines, promotions, { ...asked, at }).discounts).toEqual(discounts);
      }),
    );
  });
});

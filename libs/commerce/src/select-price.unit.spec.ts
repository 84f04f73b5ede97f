import { price, type Price } from '@steward/contracts';
import fc from 'fast-check';
import { type PriceQuestion, selectPrice } from './select-price';

const noon = Date.parse('2027-03-20T12:00:00.000Z');
const iso = (at: number): string => new Date(at).toISOString();
const anEntry = (id: string, more: Partial<Price> = {}): Price => ({
  id, sku: 'tent', market: 'eu', currency: 'EUR', customerGroup: 'public', minQuantity: 1, validFrom: null, validTo: null, amount: 10_000, taxMode: 'included', ...more,
});
const question: PriceQuestion = { market: 'eu', currency: 'EUR', customerGroup: 'public', quantity: 1, at: noon };
const ask = (entries: readonly Price[], more: Partial<PriceQuestion> = {}) => selectPrice(entries, { ...question, ...more });
const idOf = (entries: readonly Price[], more: Partial<PriceQuestion> = {}): string => {
  const selected = ask(entries, more);
  return selected.found ? selected.price.id : selected.reason;
};

describe('the price that holds', () => {
  const season = anEntry('season', { validFrom: '2027-03-07T23:00:00.000Z', validTo: '2027-04-04T22:00:00.000Z', amount: 8_000 });
  const list = [anEntry('everyday'), season, anEntry('bulk', { minQuantity: 10 }), anEntry('club', { customerGroup: 'club' }), anEntry('us', { market: 'us', currency: 'USD' })];

  it('is of the market, the group and the quantity, and a season’s goes before the everyday one', () => {
    expect(idOf(list)).toBe('season');
    expect(idOf(list, { customerGroup: 'club' })).toBe('club');
    expect(idOf(list, { customerGroup: 'a group without a list' })).toBe('season');
    expect(idOf(list, { market: 'us', currency: 'USD' })).toBe('us');
    expect(idOf(list, { at: noon - 100 * 86_400_000, quantity: 10 })).toBe('bulk');
    expect(idOf([anEntry('old'), anEntry('new', { validFrom: '2027-01-01T00:00:00.000Z' })])).toBe('new');
  });

  it('C11: starts and ends at local midnight on both sides of a clock change, without an event', () => {
    const shown = (at: string) => idOf(list, { at: Date.parse(at) });
    expect([shown('2027-03-07T22:59:59.999Z'), shown('2027-03-07T23:00:00.000Z')]).toEqual(['everyday', 'season']);
    expect([shown('2027-04-04T21:59:59.999Z'), shown('2027-04-04T22:00:00.000Z')]).toEqual(['season', 'everyday']);
    expect(ask(list, { at: Date.parse('2027-03-01T00:00:00.000Z') }).validUntil).toBe(Date.parse('2027-03-07T23:00:00.000Z'));
    expect(ask(list).validUntil).toBe(Date.parse('2027-04-04T22:00:00.000Z'));
    expect(ask(list, { at: Date.parse('2027-05-01T00:00:00.000Z') }).validUntil).toBeNull();
  });

  it('says why there is none, and until when', () => {
    expect(idOf([])).toBe('NOT_IN_MARKET');
    expect(idOf(list, { market: 'jp' })).toBe('NOT_IN_MARKET');
    expect(idOf(list, { currency: 'USD' })).toBe('NOT_IN_CURRENCY');
    expect(idOf([anEntry('club', { customerGroup: 'club' })])).toBe('NOT_FOR_GROUP');
    expect(idOf([anEntry('bulk', { minQuantity: 10 })])).toBe('NOT_FOR_QUANTITY');
    expect(ask([season], { at: 0 })).toEqual({ found: false, reason: 'NOT_NOW', validUntil: Date.parse('2027-03-07T23:00:00.000Z') });
  });
});

describe('the price that holds, of any list', () => {
  const hours = fc.option(fc.integer({ min: -5, max: 5 }).map((hour) => iso(noon + hour * 3_600_000)), { nil: null });
  const some = fc.record({
    market: fc.constantFrom('eu', 'us'),
    currency: fc.constantFrom('EUR', 'USD'),
    customerGroup: fc.constantFrom('public', 'club'),
    minQuantity: fc.integer({ min: 1, max: 3 }),
    validFrom: hours,
    validTo: hours,
  });
  const lists = fc.array(some, { maxLength: 12 }).map((entries) => entries.map((entry, index) => anEntry(`e${index}`, entry)));
  const questions = fc.record({
    market: fc.constantFrom('eu', 'us'),
    currency: fc.constantFrom('EUR', 'USD'),
    customerGroup: fc.constantFrom('public', 'club', 'other'),
    quantity: fc.integer({ min: 1, max: 4 }),
    at: fc.integer({ min: -6 * 3_600_000, max: 6 * 3_600_000 }).map((offset) => noon + offset),
  });
  const holds = (entry: Price, { market, currency, customerGroup, quantity, at }: PriceQuestion): boolean =>
    entry.market === market &&
    entry.currency === currency &&
    [customerGroup, 'public'].includes(entry.customerGroup) &&
    entry.minQuantity <= quantity &&
    (entry.validFrom === null || Date.parse(entry.validFrom) <= at) &&
    (entry.validTo === null || at < Date.parse(entry.validTo));

  it('is one that holds, and is found whenever one does', () => {
    fc.assert(
      fc.property(lists, questions, (entries, asked) => {
        for (const entry of entries) expect(price.validateProduced(entry)).toEqual([]);
        const selected = selectPrice(entries, asked);
        expect(selected.found).toBe(entries.some((entry) => holds(entry, asked)));
        if (selected.found) expect(holds(selected.price, asked)).toBe(true);
      }),
    );
  });

  it('does not depend on the order of the entries, nor on those that don’t hold', () => {
    fc.assert(
      fc.property(lists, questions, fc.gen(), (entries, asked, gen) => {
        const shuffled = gen(fc.shuffledSubarray, entries, { minLength: entries.length });
        const selected = selectPrice(entries, asked);
        expect(selectPrice(shuffled, asked)).toEqual(selected);
        const only = selectPrice(entries.filter((entry) => holds(entry, asked)), asked);
        expect(only.found ? only.price : undefined).toEqual(selected.found ? selected.price : undefined);
      }),
    );
  });

  it('C11: stays the same until validUntil, whatever the moment, and for ever when there is none', () => {
    fc.assert(
      fc.property(lists, questions, fc.double({ min: 0, max: 1, noNaN: true }), (entries, asked, share) => {
        const selected = selectPrice(entries, asked);
        const until = selected.validUntil ?? asked.at + 100 * 86_400_000;
        expect(until).toBeGreaterThan(asked.at);
        for (const at of [until - 1, asked.at + Math.floor((until - 1 - asked.at) * share)]) expect(selectPrice(entries, { ...asked, at })).toEqual(selected);
      }),
    );
  });
});

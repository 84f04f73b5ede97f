import fc from 'fast-check';
import { selectPrice } from '@steward/commerce';
import type { Price } from '@steward/contracts';
import { spansOf } from './price-spans';
import type { SkuPrices } from './price.store';

const hour = 3_600_000;
const instant = fc.option(fc.integer({ min: 0, max: 6 }).map((hours) => new Date(hours * hour).toISOString()));
const entry = fc.record({
  market: fc.constantFrom('eu', 'us'),
  customerGroup: fc.constantFrom('public', 'club'),
  minQuantity: fc.constantFrom(1, 10),
  validFrom: instant,
  validTo: instant,
  amount: fc.integer({ min: 1, max: 4 }),
});
const skus = fc.array(fc.array(entry, { maxLength: 5 }), { maxLength: 3 }).map((drawn): SkuPrices[] =>
  drawn.map((entries, sku) => ({
    sku: String(sku),
    entries: entries.map((each, index) => ({ revision: 1, changedAt: 0, data: { ...each, id: `${String(sku)}-${String(index)}`, sku: String(sku), currency: 'EUR', taxMode: 'included' } satisfies Price })),
  })),
);

it('C11: at every moment the span is the lowest of the prices that the page would show', () => {
  fc.assert(
    fc.property(skus, fc.constantFrom('eu', 'us'), fc.constantFrom('public', 'club', 'other'), fc.integer({ min: -hour, max: 7 * hour }), (given, market, customerGroup, at) => {
      const shown = given.flatMap(({ entries }) => {
        const selected = selectPrice(entries.map(({ data }) => data), { market, currency: 'EUR', customerGroup, quantity: 1, at });
        return selected.found ? [selected.price.amount] : [];
      });
      const spans = spansOf(given).filter((span) => span.market === market && span.from <= at && at < span.to);
      const own = spans.filter((span) => span.customerGroup === customerGroup);
      const holding = spansOf(given).some((span) => span.market === market && span.customerGroup === customerGroup) ? own : spans.filter((span) => span.customerGroup === 'public');
      expect(holding.map(({ amount }) => amount)).toEqual(shown.length === 0 ? [] : [Math.min(...shown)]);
    }),
    { numRuns: 500 },
  );
});

import { availabilityOf, LOW_STOCK_AT, summaryOf, type Level } from './availability';

const level = (onHand: number, more: Partial<Level['data']> = {}, changedAt = 1_000, reserved = 0): Level => ({
  data: { sku: 'A', location: 'x', onHand, ...more },
  reserved,
  changedAt,
});

describe('availability of a SKU', () => {
  it('counts what is above the safety stock of each location, and takes off what another one is below zero', () => {
    const both = availabilityOf('A', [level(10, { safetyStock: 3 }), level(1, { safetyStock: 4 }), level(-5)]);
    expect(both).toMatchObject({ state: 'LOW_STOCK', quantity: 2 });
  });

  it('S3: is what a reservation would be granted: what one location owes to orders comes from another', () => {
    expect(availabilityOf('A', [level(10, { safetyStock: 3 }, 1_000, 4), level(5, {}, 1_000, 7)])).toMatchObject({ state: 'LOW_STOCK', quantity: 1 });
  });

  it('is UNKNOWN with no quantity when no location was ever told, which is not zero', () => {
    expect(availabilityOf('A', [])).toEqual({ sku: 'A', state: 'UNKNOWN', quantity: null, expectedAt: null, changedAt: null });
  });

  it.each([
    [LOW_STOCK_AT + 1, false, 'IN_STOCK'],
    [LOW_STOCK_AT, false, 'LOW_STOCK'],
    [1, true, 'LOW_STOCK'],
    [0, true, 'BACKORDER'],
    [0, false, 'OUT_OF_STOCK'],
  ])('says of %i pieces, backorderable %s: %s', (onHand, backorderable, state) => {
    expect(availabilityOf('A', [level(onHand, { backorderable })]).state).toBe(state);
  });

  it('treats a cleared safety stock and a cleared backorder flag as none', () => {
    expect(availabilityOf('A', [level(0, { safetyStock: null, backorderable: null })])).toMatchObject({ state: 'OUT_OF_STOCK', quantity: 0 });
  });

  it('is as old as its oldest level and names the earliest delivery', () => {
    const levels = [
      level(1, { expectedAt: '2026-12-02T00:00:00Z' }, 3_000),
      level(1, { expectedAt: '2026-12-01T00:00:00+00:00' }, 2_000),
      level(1, { expectedAt: null }, 4_000),
    ];
    expect(availabilityOf('A', levels)).toMatchObject({ changedAt: 2_000, expectedAt: '2026-12-01T00:00:00+00:00' });
  });
});

describe('availability of a product over its SKUs', () => {
  it('adds up what is known and does not call the rest zero', () => {
    const unknown = { state: 'UNKNOWN', quantity: null } as const;
    expect(summaryOf([{ state: 'LOW_STOCK', quantity: 4 }, unknown, { state: 'LOW_STOCK', quantity: 4 }])).toEqual({ state: 'IN_STOCK', quantity: 8 });
    expect(summaryOf([{ state: 'OUT_OF_STOCK', quantity: 0 }, unknown])).toEqual({ state: 'UNKNOWN', quantity: null });
    expect(summaryOf([])).toEqual({ state: 'UNKNOWN', quantity: null });
    expect(summaryOf([{ state: 'OUT_OF_STOCK', quantity: 0 }])).toEqual({ state: 'OUT_OF_STOCK', quantity: 0 });
  });

  it('is BACKORDER when at least one SKU may be ordered', () => {
    expect(summaryOf([{ state: 'OUT_OF_STOCK', quantity: 0 }, { state: 'BACKORDER', quantity: 0 }]).state).toBe('BACKORDER');
  });
});

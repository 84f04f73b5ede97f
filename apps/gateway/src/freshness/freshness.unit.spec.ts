import { ageOf, budgets, PROGRESS_STEP_MS } from './freshness';
import { LiveFreshness } from './live-freshness';

const start = Date.parse('2026-11-24T10:00:00.000Z');
const minute = 60_000;

describe('age of a field', () => {
  it('O8: an hour of unchanged data stays fresh while its feed progresses, and goes stale when it does not', () => {
    const age = (now: number, progress: number | undefined) => ageOf({ now, changedAt: start, progress, staleAfterMs: budgets.availability });
    for (let passed = 0; passed <= 60 * minute; passed += 15_000) {
      const now = start + passed;
      expect(age(now, now - 5_000)).toMatchObject({ stale: false });
      expect(age(now, undefined).stale).toBe(passed > budgets.availability);
      expect(age(now, start).stale).toBe(passed > budgets.availability);
    }
  });

  it('O8: asOf is the later of the last change and the progress, and never younger than the truth', () => {
    const at = (changedAt: number | null, progress: number | undefined) => ageOf({ now: start, changedAt, progress, staleAfterMs: minute }).asOf;
    expect(at(start - 1, start - PROGRESS_STEP_MS)).toBe(start - 1);
    expect(at(start - 10 * minute, start - 1)).toBe(start - PROGRESS_STEP_MS);
    expect(at(start - 10 * minute, undefined)).toBe(start - 10 * minute);
    expect(at(null, undefined)).toBeNull();
  });

  it('O8: shows the same asOf within a step of progress, so that an unchanged answer keeps its ETag', () => {
    const asOf = (progress: number) => ageOf({ now: start + minute, changedAt: start - minute, progress, staleAfterMs: 5 * minute }).asOf;
    expect(asOf(start)).toBe(asOf(start + PROGRESS_STEP_MS - 1));
    expect(asOf(start)).not.toBe(asOf(start + PROGRESS_STEP_MS));
  });

  it('says when time alone will make it stale', () => {
    const fresh = ageOf({ now: start, changedAt: start - minute, progress: start - 1_000, staleAfterMs: minute });
    expect(fresh.validUntil).toBe(start - 1_000 + minute);
    expect(ageOf({ now: start + minute, changedAt: start - minute, progress: start - 1_000, staleAfterMs: minute })).toMatchObject({ stale: true, validUntil: null });
  });

  it('takes its budgets from the contracts', () => {
    expect(budgets).toEqual({ assortment: 60 * minute, content: 24 * 60 * minute, availability: 15 * minute, price: 60 * minute, categories: 60 * minute });
  });
});

describe('what the API knows of the feeds', () => {
  it('O8: progress does not speak for a key with an open dead letter, and for no other key less', () => {
    const live = new LiveFreshness();
    live.apply([{ system: 'erp', entity: 'stock-level', appliedUpTo: start }, { system: 'pim', entity: 'product', appliedUpTo: start }]);
    live.exclude([{ entity: 'stock-level', key: 'A@main' }, { entity: 'product', key: 'P' }]);
    expect(live.current.ofStock('A')).toBeUndefined();
    expect(live.current.ofStock('B')).toBe(start);
    expect(live.current.ofProduct('P')).toBeUndefined();
    expect(live.current.ofProduct('A')).toBe(start);
    live.exclude([]);
    expect(live.current.ofStock('A')).toBe(start);
  });

  it('O8: progress does not speak for the keys it excepts, a stock key standing for its SKU, and the next one may again', () => {
    const live = new LiveFreshness();
    live.apply([
      { system: 'erp', entity: 'stock-level', appliedUpTo: start, exceptions: 'd1', exceptKeys: ['A@main'] },
      { system: 'pim', entity: 'product', appliedUpTo: start, exceptions: 'd2', exceptKeys: ['P'] },
    ]);
    const first = live.current.version;
    expect([live.current.ofStock('A'), live.current.ofStock('B'), live.current.ofStock('P')]).toEqual([undefined, start, start]);
    expect([live.current.ofProduct('P'), live.current.ofProduct('A')]).toEqual([undefined, start]);
    // The digest alone is enough for keys that are known.
    live.apply([{ system: 'erp', entity: 'stock-level', appliedUpTo: start + 1, exceptions: 'd1' }]);
    expect([live.current.ofStock('A'), live.current.ofStock('B'), live.current.version]).toEqual([undefined, start + 1, first]);
    live.apply([{ system: 'erp', entity: 'stock-level', appliedUpTo: start + 2, exceptions: null }]);
    expect([live.current.ofStock('A'), live.current.version]).toEqual([start + 2, first + 1]);
  });

  it('O8: progress whose exceptions are unknown does not count', () => {
    const live = new LiveFreshness();
    const unknown = { system: 'erp', entity: 'stock-level', appliedUpTo: start, exceptions: 'd1' };
    expect(live.knowsExceptionsOf(unknown)).toBe(false);
    live.apply([unknown]);
    expect(live.current.ofStock('B')).toBeUndefined();
  });

  it('never takes progress back and asks for new renderings only at a new step', () => {
    const live = new LiveFreshness();
    const tell = (appliedUpTo: number) => {
      live.apply([{ system: 'erp', entity: 'stock-level', appliedUpTo }]);
      return live.current.version;
    };
    const first = tell(start);
    expect(tell(start + PROGRESS_STEP_MS - 1)).toBe(first);
    expect(tell(start - minute)).toBe(first);
    expect(live.current.ofStock('A')).toBe(start + PROGRESS_STEP_MS - 1);
    expect(tell(start + PROGRESS_STEP_MS)).toBe(first + 1);
  });
});

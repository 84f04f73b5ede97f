import { createLogger, manualClock } from '@steward/platform';
import { LiveCategories } from '../category/live-categories';
import { aProduct, start } from '../fixtures/read-model.fixture.spec';
import { LiveFreshness } from '../freshness/live-freshness';
import type { Found } from '../product/documents.queries';
import { Contexts } from '../storefront/context';
import { DocumentCache } from './document-cache';
import { warmUp } from './warm-up';

const minute = 60_000;

const found = (wanted: string, revision: number, productId = wanted, skus = [productId]): Found => ({
  wanted,
  contentLength: 100,
  document: { productId, revision, content: aProduct(productId), contentChangedAt: start, skus, availability: [], prices: [] },
});

/** A database that answers when the test says so. */
function scene() {
  const asked: { wanted: readonly string[]; answer: (rows: Found[]) => void; fail: (error: Error) => void }[] = [];
  const find = (wanted: readonly string[]): Promise<Found[]> => new Promise((answer, fail) => asked.push({ wanted, answer, fail }));
  const next = async (index: number) => {
    while (asked[index] === undefined) await new Promise((resolve) => setImmediate(resolve));
    return asked[index];
  };
  const clock = manualClock(start);
  const freshness = new LiveFreshness();
  return { cache: new DocumentCache({ queries: { find }, freshness, clock }), freshness, clock, asked, next };
}

const fill = async ({ cache, next, asked }: ReturnType<typeof scene>, ...rows: Found[]) => {
  const filled = Promise.all(rows.map(({ wanted }) => cache.find(wanted)));
  (await next(asked.length)).answer(rows);
  return filled;
};

describe('document cache', () => {
  it('asks once for everything that is missing in a turn, and not again for what it holds', async () => {
    const { cache, asked, next } = scene();
    const answers = [cache.find('a'), cache.find('b'), cache.find('a'), cache.find('none')];
    (await next(0)).answer([found('a', 1), found('b', 1)]);
    expect((await Promise.all(answers)).map((each) => each?.document.productId)).toEqual(['a', 'b', 'a', undefined]);
    expect(asked.map(({ wanted }) => wanted)).toEqual([['a', 'b', 'none']]);
    expect((await cache.find('a'))?.document.revision).toBe(1);
    expect(asked).toHaveLength(1);
  });

  it('C11: a fill is kept only if its revision is at least the last invalidation heard meanwhile', async () => {
    const { cache, next } = scene();
    const old = cache.find('a');
    const filling = await next(0);
    cache.invalidate(['a'], [5]);
    filling.answer([found('a', 4)]);
    expect((await old)?.document.revision).toBe(4);
    expect(cache.peek('a')).toBeUndefined();

    const good = cache.find('a');
    const again = await next(1);
    cache.invalidate(['a'], [5]);
    again.answer([found('a', 5)]);
    await good;
    expect(cache.peek('a')?.document.revision).toBe(5);
  });

  it('C11: an invalidation outdates what is older and nothing newer', async () => {
    const { cache, next } = scene();
    const filled = cache.find('a');
    (await next(0)).answer([found('a', 5)]);
    await filled;
    cache.invalidate(['a'], [5]);
    expect(cache.peek('a')?.document.revision).toBe(5);
    cache.invalidate(['a'], [6]);
    expect(cache.peek('a')).toBeUndefined();
  });

  it('C11: after a lost connection nothing is current, not even what is being filled, until it is read again', async () => {
    const { cache, next } = scene();
    const filling = cache.find('a');
    const asked = await next(0);
    cache.invalidateAll();
    asked.answer([found('a', 1)]);
    expect((await filling)?.document.productId).toBe('a');
    expect(cache.peek('a')).toBeUndefined();
    const again = cache.find('a');
    (await next(1)).answer([found('a', 1)]);
    const read = await again;
    cache.invalidateAll();
    expect(cache.peek('a')).toBeUndefined();
    const confirmed = cache.find('a');
    (await next(2)).answer([found('a', 1)]);
    expect(await confirmed).toBe(read);
    expect(cache.peek('a')).toBe(read);
  });

  it('finds a variant by its SKU only while the document still holds it, and a product of that id takes over', async () => {
    const { cache, asked, next } = scene();
    const first = cache.find('sku');
    (await next(0)).answer([found('sku', 1, 'p', ['sku'])]);
    await first;
    expect(cache.peek('sku')?.document.productId).toBe('p');
    cache.invalidate(['sku'], [1]);
    expect(cache.peek('sku')).toBeUndefined();
    const second = cache.find('sku');
    (await next(1)).answer([found('sku', 2, 'p', ['sku'])]);
    await second;
    cache.invalidate(['p'], [3]);
    const third = cache.find('p');
    (await next(2)).answer([found('p', 3, 'p', ['other'])]);
    await third;
    expect(cache.peek('sku')).toBeUndefined();
    expect(asked).toHaveLength(3);
  });

  it('I7: serves what it holds when the database fails, and fails for that key only', async () => {
    const place = scene();
    const { cache, next } = place;
    await fill(place, found('a', 1));
    const missing = cache.find('c');
    (await next(1)).fail(new Error('down'));
    await expect(missing).rejects.toThrow('down');
    expect((await cache.find('a'))?.document.productId).toBe('a');
  });

  it('I7, O8: serves what is outdated while the database fails, as old as it was when a newer revision was heard of', async () => {
    const place = scene();
    const { cache, freshness, clock, next, asked } = place;
    const tell = (appliedUpTo: number) => freshness.apply([{ system: 'pim', entity: 'product', appliedUpTo }]);
    tell(start);
    await fill(place, found('a', 1, 'a', ['a-S']));
    cache.invalidate(['a'], [2]);
    tell(start + 30 * minute);
    clock.advance(30 * minute);
    const asking = cache.find('a-S');
    (await next(1)).fail(new Error('down'));
    const shown = (await asking)?.rendered(new Contexts([{ code: 'eu', currency: 'EUR', taxRateBp: 1_900 }]).usual, { freshness, categories: new LiveCategories() }, clock.now());
    expect(shown?.view.asOf).toBe(new Date(start).toISOString());
    // A database that hangs is not waited for by each read.
    expect((await cache.find('a'))?.document.revision).toBe(1);
    expect(asked).toHaveLength(2);
    clock.advance(minute);
    const current = cache.find('a');
    (await next(2)).answer([found('a', 2)]);
    expect((await current)?.document.revision).toBe(2);
    expect(cache.peek('a')?.outdated).toBe(false);
  });

  it('I7: is filled ahead with products that nobody asked for, found by their SKUs when the database fails', async () => {
    const place = scene();
    const { cache, next, clock } = place;
    const catalogue = [found('a', 1, 'a', ['a-S']), found('b', 1)];
    const walk = (_most: number, after: string | null) => Promise.resolve(after === null ? catalogue : []);
    await warmUp({ queries: { walk }, cache, clock, logger: createLogger({ service: 'gateway', level: 'silent' }) }, new AbortController().signal);
    expect(cache.peek('b')?.document.productId).toBe('b');
    const asking = cache.find('a-S');
    (await next(0)).fail(new Error('down'));
    expect((await asking)?.document.productId).toBe('a');
  });
});

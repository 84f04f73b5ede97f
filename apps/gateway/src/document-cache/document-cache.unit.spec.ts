import type { DocumentQueries, Found, Page } from '../product/documents.queries';
import { aProduct, start } from '../fixtures/read-model.fixture.spec';
import { DocumentCache } from './document-cache';

const found = (wanted: string, revision: number, productId = wanted, skus = [productId]): Found => ({
  wanted,
  contentLength: 100,
  document: { productId, revision, content: aProduct(productId), contentChangedAt: start, skus, availability: [] },
});

/** A database that answers when the test says so. */
function waitingQueries() {
  const asked: { wanted: readonly string[]; answer: (rows: Found[]) => void; fail: (error: Error) => void }[] = [];
  let page: (() => Promise<Page>) | undefined;
  const queries: DocumentQueries = {
    find: (wanted) => new Promise((answer, fail) => asked.push({ wanted, answer, fail })),
    page: () => page?.() ?? Promise.reject(new Error('no page')),
  };
  const next = async (index: number) => {
    while (asked[index] === undefined) await new Promise((resolve) => setImmediate(resolve));
    return asked[index];
  };
  return { queries, asked, next, setPage: (give: () => Promise<Page>) => (page = give) };
}

describe('document cache', () => {
  it('asks once for everything that is missing in a turn, and not again for what it holds', async () => {
    const { queries, asked, next } = waitingQueries();
    const cache = new DocumentCache(queries);
    const answers = [cache.find('a'), cache.find('b'), cache.find('a'), cache.find('none')];
    (await next(0)).answer([found('a', 1), found('b', 1)]);
    expect((await Promise.all(answers)).map((each) => each?.document.productId)).toEqual(['a', 'b', 'a', undefined]);
    expect(asked.map(({ wanted }) => wanted)).toEqual([['a', 'b', 'none']]);
    expect((await cache.find('a'))?.document.revision).toBe(1);
    expect(asked).toHaveLength(1);
  });

  it('C11: a fill is kept only if its revision is at least the last invalidation heard meanwhile', async () => {
    const { queries, next } = waitingQueries();
    const cache = new DocumentCache(queries);
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

  it('C11: an invalidation removes what is older and nothing newer', async () => {
    const { queries, next } = waitingQueries();
    const cache = new DocumentCache(queries);
    const filled = cache.find('a');
    (await next(0)).answer([found('a', 5)]);
    await filled;
    cache.invalidate(['a'], [5]);
    expect(cache.peek('a')?.document.revision).toBe(5);
    cache.invalidate(['a'], [6]);
    expect(cache.peek('a')).toBeUndefined();
  });

  it('C11: after a lost connection nothing is kept, not even what is being filled', async () => {
    const { queries, next } = waitingQueries();
    const cache = new DocumentCache(queries);
    const filling = cache.find('a');
    const asked = await next(0);
    cache.clear();
    asked.answer([found('a', 1)]);
    expect((await filling)?.document.productId).toBe('a');
    expect(cache.size).toBe(0);
  });

  it('finds a variant by its SKU only while the document still holds it, and a product of that id takes over', async () => {
    const { queries, asked, next } = waitingQueries();
    const cache = new DocumentCache(queries);
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
    const { queries, next, setPage } = waitingQueries();
    const cache = new DocumentCache(queries);
    setPage(() => Promise.resolve({ found: [found('a', 1), found('b', 1)], hasNext: true }));
    await cache.page(2, null);
    setPage(() => Promise.reject(new Error('down')));
    expect((await cache.page(2, null)).documents.map(({ document }) => document.productId)).toEqual(['a', 'b']);
    await expect(cache.page(3, null)).rejects.toThrow('down');
    const missing = cache.find('c');
    (await next(0)).fail(new Error('down'));
    await expect(missing).rejects.toThrow('down');
    expect((await cache.find('a'))?.document.productId).toBe('a');
  });
});

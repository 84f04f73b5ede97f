import { failOnLeaks } from '@steward/testing';
import { aProduct, startTrial, type Trial } from '../trial.client';

interface Item {
  id: string;
}

const idsOf = (items: Item[]) => items.map(({ id }) => id);

describe('the vendors’ APIs', () => {
  let trial: Trial;
  beforeAll(async () => {
    trial = await startTrial({ STEWARD_SANDBOX_RATE_LIMIT: '0' });
    await trial.control('POST', '/pim/products', ['c', 'a', 'e', 'b', 'd'].map((id) => ({ id, ...aProduct() })));
    await trial.control('PUT', '/pim/products/b', aProduct('again'));
  });
  afterAll(async () => trial.stop());
  failOnLeaks();

  async function walk(first: string, rest: (next: Record<string, string>) => string): Promise<string[]> {
    const seen: string[] = [];
    for (let path: string | undefined = first; path !== undefined; ) {
      const { json }: { json: { items: Item[]; hasMore: boolean; next: Record<string, string>; total: number } } = await trial.vendor(path);
      expect(json.total).toBe(5);
      seen.push(...idsOf(json.items));
      path = json.hasMore ? rest(json.next) : undefined;
    }
    return seen;
  }

  test('pages by change go on strictly after (modifiedSince, after), also where stamps are equal', async () => {
    const seen = await walk('/pim/products?limit=2', ({ modifiedSince, after }) => `/pim/products?limit=2&modifiedSince=${modifiedSince}&after=${after}`);
    expect([...seen].sort()).toEqual(['a', 'b', 'c', 'd', 'e']);
    expect(seen.filter((id) => id !== 'b')).toEqual(['a', 'c', 'd', 'e']);
  });

  test('the full list goes by id', async () => {
    expect(await walk('/pim/products?sort=id&page=1&limit=2', ({ after }) => `/pim/products?sort=id&limit=2&after=${after}`)).toEqual(['a', 'b', 'c', 'd', 'e']);
  });

  test('a look after the last change is empty and keeps the cursor', async () => {
    const { json } = await trial.vendor('/pim/products?modifiedSince=2999-01-01T00:00:00Z');
    expect(json).toEqual({ items: [], next: null, hasMore: false, total: 5 });
  });

  test('absent ids are missing in the answer; an id with a comma is one id', async () => {
    await trial.control('PUT', '/erp/stock/a%2Cb%40W', { quantity: 1 });
    await trial.control('PUT', '/erp/stock/c%40W', { quantity: 1 });
    expect(idsOf((await trial.vendor('/erp/stock?ids=a%2Cb%40W,nobody,c%40W')).json.items)).toEqual(['a,b@W', 'c@W']);
    expect(idsOf((await trial.vendor('/erp/stock?ids=a%2Cb%40W&ids=c%40W')).json.items)).toEqual(['a,b@W', 'c@W']);
  });

  test.each([
    ['limit=0', 'limit'],
    ['limit=501', 'limit'],
    ['modifiedSince=yesterday', 'modifiedSince'],
    ['sort=name', 'sort'],
    ['colour=red', 'colour'],
    ['ids=%E0%A4%A', 'ids'],
    [`ids=${Array.from({ length: 201 }, (_, index) => index).join(',')}`, 'ids'],
  ])('GET /pim/products?%.20s is refused', async (query, names) => {
    const { status, json } = await trial.vendor(`/pim/products?${query}`);
    expect(status).toBe(400);
    expect(json.error).toMatchObject({ code: 'invalid_parameter', message: expect.stringContaining(names) });
  });

  test('without the token there is nothing', async () => {
    for (const headers of [{}, { authorization: 'Bearer wrong' }, { authorization: 'Bearer sandbox-token2' }]) {
      expect((await trial.vendor('/pim/products', headers as Record<string, string>)).json).toMatchObject({ error: { code: 'unauthorized' } });
    }
  });

  test('a collection that is not there says what is', async () => {
    const { status, json } = await trial.vendor('/pricing/rebates');
    expect(status).toBe(404);
    expect(json.error.message).toBe('there is only /pricing/prices, /pricing/promotions');
  });
});

describe('the rate limit', () => {
  test('is a bucket per system that answers 429 with Retry-After when it is empty', async () => {
    const trial = await startTrial({ STEWARD_SANDBOX_RATE_LIMIT: '1' });
    try {
      const answers = await Promise.all(Array.from({ length: 6 }, () => trial.vendor('/pim/products')));
      const refused = answers.filter(({ status }) => status === 429);
      expect(refused.length).toBeGreaterThanOrEqual(3);
      expect(refused[0]?.headers).toMatchObject({ 'retry-after': '1', 'x-ratelimit-limit': '1', 'x-ratelimit-remaining': '0' });
      expect((await trial.vendor('/erp/stock')).status).toBe(200);
    } finally {
      await trial.stop();
    }
  });
});

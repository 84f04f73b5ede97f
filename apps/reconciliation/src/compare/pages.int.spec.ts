import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import type { Suspect } from '../check/define-check';
import { pages } from '../checks/pages';
import { storefrontAt } from '../doors/gateway.client';
import { comparePages } from './pages';

/** A storefront with levers: what it says of a SKU in each way. */
interface Sku {
  page: string | null;
  jsonLd: string | null;
  cart: string | null;
  state: string;
  schema: string;
}

describe('pages of a product', () => {
  const products = new Map<string, Record<string, Sku>>();
  let server: Server;
  let comparison: ReturnType<typeof comparePages>;

  const money = (amount: string | null) => (amount === null ? null : { amount, currency: 'EUR' });
  const shown = (id: string) => {
    const variants = Object.entries(products.get(id) ?? {}).map(([sku, { page, state }]) => ({ sku, price: { value: money(page) }, availability: { state } }));
    return { id, variants, sku: id, price: { value: null }, availability: { state: 'UNKNOWN' } };
  };
  const answer = (path: string, body: string): unknown => {
    const { pathname, searchParams } = new URL(path, 'http://x');
    if (pathname === '/v1/price-preview') {
      const { lines } = JSON.parse(body) as { lines: { sku: string }[] };
      const all = Object.assign({}, ...products.values()) as Record<string, Sku>;
      return { lines: lines.map(({ sku }) => ({ sku, price: all[sku]?.cart == null ? null : { unit: money(all[sku].cart) } })) };
    }
    const [, id = '', jsonLd] = /^\/v1\/products\/([^/]+)(\/json-ld)?$/.exec(pathname) ?? [];
    if (jsonLd !== undefined) return { '@graph': [{ hasVariant: Object.entries(products.get(id) ?? {}).map(([sku, { jsonLd: price, schema }]) => ({ sku, ...(price === null ? {} : { offers: { price, priceCurrency: 'EUR', availability: `https://schema.org/${schema}` } }) })) }, {}] };
    if (id !== '') return products.has(id) ? shown(id) : undefined;
    const all = [...products.keys()];
    const from = searchParams.get('after') === null ? 0 : Number(searchParams.get('after'));
    return { items: all.slice(from, from + 2).map(shown), page: { next: from + 2 < all.length ? String(from + 2) : null } };
  };

  beforeAll(async () => {
    server = createServer((request, response) => {
      let body = '';
      request.on('data', (part) => (body += String(part)));
      request.on('end', () => {
        const said = answer(request.url ?? '', body);
        response.writeHead(said === undefined ? 404 : 200, { 'content-type': 'application/json' }).end(JSON.stringify(said ?? {}));
      });
    });
    await new Promise<void>((done) => server.listen(0, '127.0.0.1', done));
    comparison = comparePages(pages, storefrontAt(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`));
  });
  afterAll(async () => {
    server.closeAllConnections();
    await new Promise((done) => server.close(done));
  });
  const good: Sku = { page: '9.99', jsonLd: '9.99', cart: '9.99', state: 'LOW_STOCK', schema: 'LimitedAvailability' };
  beforeEach(() => {
    products.clear();
    for (const id of ['P1', 'P2', 'P3', 'P4', 'P5']) products.set(id, { [`${id}-S`]: { ...good }, [`${id}-M`]: { ...good, state: 'OUT_OF_STOCK', schema: 'OutOfStock' } });
  });

  async function all(): Promise<{ suspects: Suspect[]; compared: number }> {
    const suspects: Suspect[] = [];
    let compared = 0;
    for await (const step of comparison.steps(undefined, new AbortController().signal)) {
      suspects.push(...step.suspects);
      compared += step.compared;
    }
    return { suspects, compared };
  }
  const lie = (id: string, sku: string, change: Partial<Sku>): void => void Object.assign(products.get(id)?.[sku] ?? {}, change);

  it('agree where all ways say the same, or one says nothing', async () => {
    lie('P2', 'P2-S', { page: null, jsonLd: null, cart: null });
    lie('P3', 'P3-S', { jsonLd: null, state: 'UNKNOWN' });
    lie('P4', 'P4-S', { cart: null });
    expect(await all()).toEqual({ suspects: [], compared: 5 });
  });

  it.each([
    ['a price in JSON-LD', { jsonLd: '8.99' }, 'JSON-LD', '/P5-S/price'],
    ['an availability in JSON-LD', { schema: 'OutOfStock' }, 'JSON-LD', '/P5-S/buyable'],
    ['a price in the cart', { cart: '10.99' }, 'cart', '/P5-S/price'],
  ])('X2: are found twice before they are told: %s', async (_what, change, other, pointer) => {
    lie('P5', 'P5-S', change);
    const { suspects } = await all();
    expect(suspects.map(({ key }) => key)).toEqual(['P5']);
    const { found, again } = await comparison.confirm(suspects);
    expect(again).toEqual([]);
    expect(found).toMatchObject([{ key: 'P5', kind: 'business', authority: 'gateway', right: { who: other }, fields: [{ pointer }] }]);
  });

  it('X2: that differ otherwise at the second look are still moving; that agree, or are gone, are none', async () => {
    lie('P1', 'P1-S', { cart: '1.00' });
    lie('P2', 'P2-S', { cart: '1.00' });
    lie('P3', 'P3-S', { cart: '1.00' });
    const { suspects } = await all();
    expect(suspects).toHaveLength(3);
    lie('P1', 'P1-S', { cart: '2.00' });
    lie('P2', 'P2-S', { cart: '9.99' });
    products.delete('P3');
    const { found, again } = await comparison.confirm(suspects);
    expect([found, again.map(({ key }) => key)]).toEqual([[], ['P1']]);
  });
});

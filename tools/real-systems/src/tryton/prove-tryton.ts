/** The ERP adapter on a real Tryton 6.0, seen from the storefront. */
import { join } from 'node:path';
import { freePortPlan, readProduct, skuOf, startSystem, type System } from '@steward/start';
import { type LossyLine, openLine } from '../lossy-line';
import { until, type Proof } from '../proof';
import { shopperSide } from '../shopper-side';
import { proveSales } from './prove-sales';
import { startTryton, type TrytonServer } from './tryton-server';
import { openShop, type Shop } from './tryton-shop';

const count = 400;
const codes = Array.from({ length: count }, (_, index) => `T-${String(index + 1).padStart(4, '0')}`);
const pollMs = 1_000;

export async function proveTryton({ directory, say }: Proof): Promise<void> {
  const tryton = await startTryton(join(directory, 'tryton'), say);
  let line: LossyLine | undefined;
  let system: System | undefined;
  try {
    const shop = await openShop(tryton.session);
    const products = await shop.createProducts(codes);
    say(`tryton: ${products.length} products created`);
    line = await openLine(Number(new URL(tryton.url).port), '"model.sale.sale.create"');
    system = await startSystem({ dataDir: join(directory, 'steward'), ports: await freePortPlan(), mode: 'test', env: { erp: settingsOf(tryton, line) }, note: say });
    await prove(system, shop, products, say);
    await sell(system, shop, line, say);
  } finally {
    await system?.stop();
    await line?.stop();
    await tryton.stop();
  }
}

/** What is sold has a price, and prices of other systems are none of Tryton's business. */
async function sell(system: System, shop: Shop, line: LossyLine, say: (line: string) => void): Promise<void> {
  const sold = codes.slice(10, 40);
  await system.sandbox.putAll('pricing/prices', sold.map((code) => ({ id: `EU-${code}`, article: code, region: 'EU', currency: 'EUR', amount: '17.85', tax: 'gross', zone: 'Europe/Berlin' })));
  await until('every product has a price', async () => {
    const shown = await Promise.all(sold.map((code) => readProduct(system.gatewayUrl, code)));
    return shown.every((product, index) => product !== undefined && skuOf(product, sold[index] ?? '').price.value !== null);
  });
  const promised = async (code: string): Promise<number | null> => {
    const product = await readProduct(system.gatewayUrl, code);
    return product === undefined ? null : skuOf(product, code).availability.quantity;
  };
  await proveSales({ system, shop, line, shopper: shopperSide(system), promised, codes: sold, say });
}

function settingsOf({ url, user, password }: TrytonServer, line: LossyLine): Record<string, string> {
  return {
    STEWARD_CONNECTOR: 'tryton',
    STEWARD_TRYTON_URL: new URL(new URL(url).pathname, line.url).href,
    STEWARD_TRYTON_USER: user,
    STEWARD_TRYTON_PASSWORD: password,
    STEWARD_TRYTON_POLL_MS: String(pollMs),
    STEWARD_TRYTON_FULL_PASS_MS: '5000',
    STEWARD_TRYTON_PAGE: '50',
    STEWARD_SANDBOX_URL: '',
    STEWARD_SANDBOX_TOKEN: '',
    STEWARD_SANDBOX_WEBHOOK_SECRET: '',
  };
}

async function prove(system: System, shop: Shop, products: readonly number[], say: (line: string) => void): Promise<void> {
  const [first, second] = products as [number, number];
  await Promise.all(codes.map((code) => system.sandbox.put('pim/products', pimRecord(code))));
  const quantities = quantitiesOf(system);
  await until('every product shows the stock of nothing', async () => [...(await quantities()).values()].filter((quantity) => quantity === 0).length === count);
  say('✓ first import: every product of Tryton is known with its stock');

  const begun = performance.now();
  await shop.move([{ product: first, quantity: 25 }]);
  await until('a received delivery shows', async () => (await quantities()).get(codes[0] ?? '') === 25);
  say(`✓ a stock move shows although the product was not touched (${Math.round(performance.now() - begun)} ms, poll every ${pollMs} ms)`);
  const graphql = await askGraphql(system, codes[0] ?? '');
  if (graphql !== 25) throw new Error(`GraphQL shows ${graphql} instead of 25`);

  await shop.move([{ product: first, quantity: -5 }]);
  await until('a loss shows', async () => (await quantities()).get(codes[0] ?? '') === 20);
  say('✓ a loss shows, in GraphQL as in REST');

  const late = products.slice(1);
  const drafts = await shop.draft(late.map((product) => ({ product, quantity: 7 })));
  let done = false;
  const bulk = shop.finish(drafts).then(() => (done = true));
  let moved = 20;
  while (!done) {
    // Each of these moves the watermark past the dates of the rows that are still to be committed.
    await shop.move([{ product: first, quantity: 1 }]);
    moved += 1;
  }
  await bulk;
  await until('all late rows show', async () => {
    const shown = await quantities();
    return codes.slice(1).every((code) => shown.get(code) === 7) && shown.get(codes[0] ?? '') === moved;
  });
  say(`✓ ${late.length} rows committed late, behind ${moved - 20} newer ones: none lost`);

  const restocked = await shop.draft(products.map((product) => ({ product, quantity: 100 })));
  await shop.finish(restocked);
  await system.process('erp').kill();
  await until('the adapter is back', () => Promise.resolve(system.process('erp').alive));
  await system.process('erp').kill();
  await until('everything shows after two kills in mid-page', async () => {
    const shown = await quantities();
    return codes.slice(1).every((code) => shown.get(code) === 107);
  });
  say('✓ killed twice in the middle of its pages: nothing lost');

  // A product that ever moved can't be deleted in Tryton, so one that never did is.
  const [unmoved] = await shop.createProducts(['T-DELETED']);
  await system.sandbox.put('pim/products', pimRecord('T-DELETED'));
  await until('a new product shows', async () => (await quantities()).get('T-DELETED') === 0);
  await shop.deleteProduct(unmoved as number);
  await until('a deleted product has no known stock', async () => (await quantities()).get('T-DELETED') === null);
  say('✓ a hard delete is found by the full pass: its stock is unknown, not zero');
  await shop.move([{ product: second, quantity: 1 }]);
  await until('the line still runs', async () => (await quantities()).get(codes[1] ?? '') === 108);
}

const pimRecord = (id: string): { id: string } & Record<string, unknown> => ({ id, labels: { en: { title: `Product ${id}` } }, categories: ['tools'] });

type Quantities = () => Promise<Map<string, number | null>>;

/** What the storefront shows, by SKU; null where the quantity is unknown. */
function quantitiesOf(system: System): Quantities {
  return async () => {
    const shown = new Map<string, number | null>();
    for (let path: string | null = '/v1/products?first=250'; path !== null; ) {
      const answer: Response = await fetch(`${system.gatewayUrl}${path}`);
      const page = (await answer.json()) as { items: { id: string; availability: { quantity: number | null; state: string } }[]; page: { next: string | null } };
      for (const { id, availability } of page.items) shown.set(id, availability.state === 'UNKNOWN' ? null : availability.quantity);
      path = page.page.next === null ? null : `/v1/products?first=250&after=${encodeURIComponent(page.page.next)}`;
    }
    return shown;
  };
}

async function askGraphql(system: System, sku: string): Promise<unknown> {
  const answer = await fetch(`${system.gatewayUrl}/graphql`, {
    method: 'POST',
    headers: { 'content-type': 'application/json' },
    body: JSON.stringify({ query: 'query Stock($sku: String!) { product(sku: $sku) { availability { state quantity } } }', variables: { sku } }),
  });
  const body = (await answer.json()) as { data?: { product?: { availability?: { quantity?: unknown } } } };
  return body.data?.product?.availability?.quantity;
}

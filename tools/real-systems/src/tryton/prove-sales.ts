/** Orders of the storefront as sales of a real Tryton, and what its warehouse does with them. */
import { Client } from 'pg';
import type { System } from '@steward/start';
import type { LossyLine } from '../lossy-line';
import { until } from '../proof';
import type { Bought, Cart, ShopperSide } from '../shopper-side';
import type { Shop } from './tryton-shop';

interface SaleStage {
  readonly system: System;
  readonly shop: Shop;
  /** On the way to Tryton; a request of interest makes a sale. */
  readonly line: LossyLine;
  readonly shopper: ShopperSide;
  /** Pieces that the storefront promises of a product. */
  readonly promised: (code: string) => Promise<number | null>;
  /** Products with plenty of stock, and with a price. */
  readonly codes: readonly string[];
  readonly say: (line: string) => void;
}

export async function proveSales(stage: SaleStage): Promise<void> {
  const { system } = stage;
  const erp = new Client(system.databaseUrl('erp'));
  await erp.connect();
  try {
    await proveStock(stage, erp);
    await proveLosses(stage);
    await proveKill(stage);
    await proveCrowd(stage);
    await proveCancellation(stage, erp);
  } finally {
    await erp.end();
  }
}

const cartOf = (...skus: readonly string[]): Cart => ({ market: 'eu', country: 'DE', lines: skus.map((sku, index) => ({ sku, quantity: index + 1 })) });

/** Waits for its confirmation; answers how long that took. */
async function standsOnce({ shopper, shop }: SaleStage, order: Bought): Promise<number> {
  const took = await shopper.ends(order, 'CONFIRMED');
  const sales = await shop.salesOf(order.number);
  if (sales.length !== 1 || sales[0]?.state !== 'processing') throw new Error(`${order.number} stands in Tryton as ${JSON.stringify(sales)}`);
  return took;
}

/** S3 on one product: sold, counted again, shipped. */
async function proveStock(stage: SaleStage, erp: Client): Promise<void> {
  const { shop, shopper, promised, codes, say } = stage;
  const [code = '', other = ''] = codes;
  const before = (await promised(other)) ?? 0;
  const order = await shopper.buy(cartOf(code, other));
  const took = await standsOnce(stage, order);
  const [sale] = await shop.salesOf(order.number);
  say(`✓ an order placed at the gateway is one sale in Tryton, number ${sale?.number}, ${sale?.untaxed} net (${took} ms)`);
  await until('its pieces are off the shelf', async () => (await promised(other)) === before - 2);
  // Tryton counts what is there, and goes on saying so: twice around everything it has.
  const passes = async (): Promise<string> => (await erp.query<{ at: string }>(`select coalesce(last_pass_at::text, '') as at from feed where entity = 'stock-level'`)).rows[0]?.at ?? '';
  for (const _turn of [1, 2]) {
    const last = await passes();
    await until('another full pass', async () => (await passes()) !== last);
  }
  if ((await shop.onHand(other)) !== before || (await promised(other)) !== before - 2) throw new Error(`${await shop.onHand(other)} on hand in Tryton, ${await promised(other)} promised`);
  say(`✓ ${before} on hand, told again after 2 were sold, are not new stock: ${before - 2} are promised`);

  const promises: (number | null)[] = [];
  let watching = true;
  const watch = (async () => {
    while (watching) promises.push(await promised(other));
  })();
  await shop.ship(order.number);
  await until('the shopper sees it shipped', async () => (await shopper.see(order)).fulfilment.status === 'SHIPPED');
  await until('the ledger has it taken off', async () => (await erp.query(`select from reservation where order_number = $1 and status = 'shipped'`, [order.number])).rowCount === 1);
  await until('the storefront has seen both', async () => (await promised(other)) === before - 2);
  watching = false;
  await watch;
  if ((await shop.onHand(other)) !== before - 2) throw new Error(`${await shop.onHand(other)} on hand after the shipment`);
  if (promises.some((pieces) => pieces === null || pieces > before - 2)) throw new Error(`in between ${[...new Set(promises)].join(', ')} were promised`);
  say(`✓ shipped in Tryton, it reaches the shopper, and the stock falls once: ${before - 2} on hand, never more than ${before - 2} promised in ${promises.length} looks`);
}

async function proveLosses(stage: SaleStage): Promise<void> {
  const { line, shopper, codes, say } = stage;
  const cart = cartOf(codes[0] ?? '');
  const asked = line.passed;
  line.lose('answer');
  const answerLost = await standsOnce(stage, await shopper.buy(cart));
  if (line.passed !== asked + 1) throw new Error(`Tryton was asked ${line.passed - asked} times for a sale that it had`);
  say(`✓ the connection cut when Tryton had the sale: it is found by its reference, and carried on (${answerLost} ms)`);
  line.lose('silence');
  say(`✓ no answer at all: found by its reference (${await standsOnce(stage, await shopper.buy(cart))} ms)`);
  line.lose('request');
  say(`✓ the request lost on its way: sent again when it can't arrive any more, and one sale stands (${await standsOnce(stage, await shopper.buy(cart))} ms)`);
}

async function proveKill(stage: SaleStage): Promise<void> {
  const { line, system, shopper, codes, say } = stage;
  const before = line.lost;
  line.lose('silence');
  const order = await shopper.buy(cartOf(codes[1] ?? ''));
  await until('Tryton has answered to nobody', () => Promise.resolve(line.lost > before));
  await system.process('erp').kill();
  say(`✓ the service killed with kill -9 between Tryton's sale and the answer: one sale stands (${await standsOnce(stage, order)} ms)`);
}

async function proveCrowd(stage: SaleStage): Promise<void> {
  const { line, shopper, codes, say } = stage;
  const before = line.lost;
  line.lose('answer', 'request', 'answer', 'answer', 'silence');
  const orders = await Promise.all(codes.slice(0, 16).map((code) => shopper.buy(cartOf(code))));
  for (const order of orders) await standsOnce(stage, order);
  say(`✓ ${orders.length} orders at once, ${line.lost - before} of whose requests and answers got lost: each is one sale`);
}

async function proveCancellation(stage: SaleStage, erp: Client): Promise<void> {
  const { shop, shopper, promised, codes, say } = stage;
  const [code = ''] = codes.slice(20);
  const before = await promised(code);
  const order = await shopper.buy(cartOf(code));
  await standsOnce(stage, order);
  await shopper.cancel(order);
  await shopper.ends(order, 'CANCELLED');
  const states = await shop.shipmentsOf(order.number);
  if (states.length === 0 || states.some((state) => state !== 'cancelled')) throw new Error(`its shipments in Tryton are ${states.join(', ')}`);
  await until('its piece is back on the shelf', async () => (await promised(code)) === before);
  const { rows } = await erp.query<{ reserved: string }>(`select coalesce(sum(quantity), 0) as reserved from reservation_ledger where sku = $1`, [code]);
  if (Number(rows[0]?.reserved) !== 0) throw new Error(`${rows[0]?.reserved} of ${code} are held for nobody`);
  say('✓ an order cancelled at the gateway leaves no shipment to be sent in Tryton, and its stock is for sale again');
}

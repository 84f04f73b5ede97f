/** The oms service on a real Medusa 2, from the shopper's order at the gateway to the order that a clerk sees in Medusa. */
import { join } from 'node:path';
import { freePortPlan, seed, startSystem, type System } from '@steward/start';
import { until, type Proof } from '../proof';
import { openLine, type LossyLine } from '../lossy-line';
import { medusaShop, type MedusaShop } from './medusa-shop';
import { startMedusa, type MedusaServer } from './medusa-server';
import { shopperSide, stockUp, type Bought, type Cart, type ShopperSide } from '../shopper-side';

interface Stage {
  readonly medusa: MedusaServer;
  readonly office: MedusaShop;
  readonly line: LossyLine;
  readonly system: System;
  readonly shopper: ShopperSide;
  readonly cart: Cart;
  readonly say: (line: string) => void;
}

export async function proveMedusa({ directory, say }: Proof): Promise<void> {
  const medusa = await startMedusa(join(directory, 'medusa'), say);
  let line: LossyLine | undefined;
  let system: System | undefined;
  try {
    const office = medusaShop(medusa);
    await office.createRegion('Europe', 'eur', 'de');
    await office.createRegion('America', 'usd', 'us');
    line = await openLine(medusa.port, 'POST /admin/steward/orders ');
    system = await startSystem({
      dataDir: join(directory, 'steward'),
      ports: await freePortPlan(),
      mode: 'test',
      // A sales tax that comes to fractions of a cent.
      env: { oms: settingsOf(line, await office.createKey()), 'gateway-api': { STEWARD_GATEWAY_MARKETS: 'eu:EUR:1900,us:USD:725' } },
      note: say,
    });
    await seed(system, { products: 20, note: say, withinMs: 60_000 });
    const [first = '', second = ''] = await stockUp(system, 2);
    const cart: Cart = { market: 'eu', country: 'DE', lines: [{ sku: first, quantity: 3 }, { sku: second, quantity: 1 }] };
    await prove({ medusa, office, line, system, shopper: shopperSide(system), cart, say });
  } finally {
    await system?.stop();
    await line?.stop();
    await medusa.stop();
  }
}

function settingsOf({ url }: LossyLine, key: string): Record<string, string> {
  return { STEWARD_CONNECTOR: 'medusa', STEWARD_MEDUSA_URL: url, STEWARD_MEDUSA_API_KEY: key, STEWARD_SANDBOX_URL: '', STEWARD_SANDBOX_TOKEN: '' };
}

async function prove(stage: Stage): Promise<void> {
  await provePlaced(stage);
  await proveLosses(stage);
  await proveKill(stage);
  await proveCrowd(stage);
  await proveOutage(stage);
  await proveRefusal(stage);
  await proveCancellations(stage);
}

/** Waits for its confirmation and holds Medusa's order against what the shopper was promised. */
async function agrees({ office, shopper }: Stage, order: Bought): Promise<number> {
  const took = await shopper.ends(order, 'CONFIRMED');
  const count = await office.count(order);
  if (count !== 1) throw new Error(`${order.number} is ${count} times in Medusa`);
  const { lines, totals } = await shopper.see(order);
  const there = await office.read(order.number);
  const cents = (amount: number): string => String(Math.round(amount * 1e6) / 1e4); // of 19.995 nobody shall say that it is 20.00
  const promised = [['total', totals.gross.minorUnits], ...lines.map(({ sku, quantity, unit }) => [sku, quantity, unit.minorUnits])];
  const shown = [['total', cents(there.total)], ...lines.map(({ sku }) => there.items.find((item) => item.variant_sku === sku)).map((item) => [item?.variant_sku, item?.quantity, cents(item?.unit_price ?? 0)])];
  if (JSON.stringify(promised) !== JSON.stringify(shown)) throw new Error(`${order.number} was promised as ${JSON.stringify(promised)} and is ${JSON.stringify(shown)} in Medusa`);
  if (there.status !== 'pending' || there.email !== 'erika@example.com' || there.shipping_address.address_1 !== 'Deichstr. 7') throw new Error(`${order.number} is ${JSON.stringify(there)}`);
  return took;
}

async function provePlaced(stage: Stage): Promise<void> {
  const { shopper, cart, office, say } = stage;
  const european = await shopper.buy(cart);
  const took = await agrees(stage, european);
  const { total, items } = await office.read(european.number);
  if (items.some(({ tax_lines: taxes }) => taxes.map(({ rate }) => rate).join() !== '19')) throw new Error('it is taxed otherwise than it was promised');
  say(`✓ an order placed at the gateway stands once in Medusa, as ${european.number}, for ${total} as promised (${took} ms)`);
  const american = await shopper.buy({ ...cart, market: 'us', country: 'US' });
  await agrees(stage, american);
  say(`✓ prices to which tax is added come to the promised total to the cent: ${(await office.read(american.number)).total}`);
}

async function proveLosses(stage: Stage): Promise<void> {
  const { line, shopper, cart, say } = stage;
  const asked = line.passed;
  line.lose('answer');
  const answerLost = await agrees(stage, await shopper.buy(cart));
  if (line.passed !== asked + 1) throw new Error(`Medusa was asked ${line.passed - asked} times for an order that it had`);
  say(`✓ the connection cut when Medusa answered: the order is found by its number and not sent again (${answerLost} ms)`);
  line.lose('silence');
  say(`✓ no answer at all: found by its number (${await agrees(stage, await shopper.buy(cart))} ms)`);
  line.lose('request');
  const requestLost = await agrees(stage, await shopper.buy(cart));
  if (line.passed !== asked + 3) throw new Error(`Medusa was asked ${line.passed - asked} times for three orders`);
  say(`✓ the request lost on its way: sent again when it can't arrive any more, and one order stands (${requestLost} ms)`);
}

async function proveKill(stage: Stage): Promise<void> {
  const { line, system, shopper, cart, say } = stage;
  const before = line.lost;
  line.lose('silence');
  const order = await shopper.buy(cart);
  await until('Medusa has answered to nobody', () => Promise.resolve(line.lost > before));
  await system.process('oms').kill();
  say(`✓ the service killed with kill -9 between Medusa's order and the answer: one order stands (${await agrees(stage, order)} ms)`);
}

async function proveCrowd(stage: Stage): Promise<void> {
  const { line, shopper, cart, say } = stage;
  const before = line.lost;
  line.lose('answer', 'answer', 'request', 'answer', 'silence', 'answer');
  const orders = await Promise.all(Array.from({ length: 24 }, () => shopper.buy(cart)));
  for (const order of orders) await agrees(stage, order);
  say(`✓ ${orders.length} orders at once, ${line.lost - before} of whose requests and answers got lost: each stands once`);
}

async function proveOutage(stage: Stage): Promise<void> {
  const { medusa, office, shopper, cart, say } = stage;
  await medusa.kill();
  const orders = await Promise.all(Array.from({ length: 5 }, () => shopper.buy(cart)));
  await until('an order waits for Medusa', async () => (await shopper.see(orders[0] as Bought)).status === 'ACCEPTED' && (await shopper.money(orders[0] as Bought)) > 0);
  if ((await Promise.all(orders.map(office.count))).some((count) => count > 0)) throw new Error('an order stands in a Medusa that does not run');
  await medusa.start();
  for (const order of orders) await agrees(stage, order);
  say(`✓ ${orders.length} orders taken while Medusa was killed: each stands once when it is back`);
}

async function proveRefusal(stage: Stage): Promise<void> {
  const { office, shopper, cart, say } = stage;
  const order = await shopper.buy({ ...cart, country: 'FR' });
  await shopper.ends(order, 'REJECTED');
  const { rejection } = await shopper.see(order);
  if (rejection?.code !== 'REFUSED_BY_OMS' || (await office.count(order)) !== 0) throw new Error(`it is ${rejection?.code}`);
  await until('its money is let go', async () => (await shopper.money(order)) === 0);
  say('✓ an order to a country that no region of Medusa sells to is rejected, nothing stands, no money is held');
}

async function proveCancellations(stage: Stage): Promise<void> {
  const { office, shopper, cart, say } = stage;
  const [byShopper, byClerk] = [await shopper.buy(cart), await shopper.buy(cart)];
  for (const order of [byShopper, byClerk]) await agrees(stage, order);
  const isOver = async (order: Bought): Promise<void> => {
    await shopper.ends(order, 'CANCELLED');
    const { status } = await office.read(order.number);
    if (status !== 'canceled' || (await shopper.money(order)) !== 0 || (await shopper.isSold(order))) throw new Error(`${order.number} is ${status} in Medusa, with ${await shopper.money(order)} held`);
  };
  await shopper.cancel(byShopper);
  await isOver(byShopper);
  say('✓ an order cancelled at the gateway is cancelled in Medusa');
  await office.cancel((await office.read(byClerk.number)).id);
  await isOver(byClerk);
  say('✓ an order cancelled in Medusa is cancelled for the shopper, its money let go and its sale undone');
}

// What it takes to place an order at Steward, beside the least that would keep one: in turn, on the same PostgreSQL and nats-server.
// 1. The rate is fixed and open: an order is due whether earlier ones are served or not, and its clock starts when it is due.
// 2. Prices are asked for before a slice begins. A shopper has looked at the cart long before they order.
// 3. The next slice begins when every order of this one is decided: nobody pays for another's work.
// 4. A run counts only if each order was taken and confirmed, stands once in the books of the OMS and the ERP with one payment, and the
//    stock fell by what was sold (`npm run shop` checks the same way).
import { type Bought, type Goods, layOut, type System } from '@steward/start';
import { benchAccount, onSystem, postgresVersion, probeOf } from '../on-system';
import { machine, pairRatio, ratioLine, type Say } from '../pipeline/report';
import { perEvent, type CpuProbe } from '../yardstick/cpu';
import { median, type Outcome, percentile } from '../yardstick/line';
import { type Bare, openBare } from './bare';
import { faultsOf } from './faults-of';
import { openLoop } from './open-loop';
import type { CheckoutOptions } from './options';
import { openOrders, type OrderClient } from './orders.client';
import { fillCarts, visit, type Wanted } from './visit';

const PRODUCTS = 100;
/** More than is ordered: nobody comes too late. */
const LEFT_OVER = 10;

interface Bench {
  readonly system: System;
  readonly goods: readonly Goods[];
  readonly orders: OrderClient;
  readonly bare: Bare;
  readonly probe: CpuProbe;
  readonly options: CheckoutOptions;
  /** Of all slices, the warming up included: the books know no difference. */
  readonly bought: Bought[];
}

interface Pair {
  readonly bare: Outcome;
  readonly answered: Outcome;
  readonly confirmed: Outcome;
}

/** False when an order was lost, doubled or turned away; the ratios are told, not judged. */
export function runCheckout(options: CheckoutOptions, say: Say): Promise<boolean> {
  const account = benchAccount({ open: false });
  // How often the stand-in for the systems of record lets itself be called is no part of the line.
  const env = { sandbox: { STEWARD_SANDBOX_RATE_LIMIT: '0' } };
  return onSystem({ say, env, brokerConfig: account.brokerConfig }, async (system) => {
    const orders = openOrders(system.gatewayUrl);
    let bare: Bare | undefined;
    try {
      bare = await openBare(await account.serversOf(system, 'bench_bare'));
      await system.sandbox.seed({ seed: 'checkout', products: PRODUCTS });
      const perSku = (options.pairs + 1) * Math.ceil((options.seconds * options.rate) / options.skus);
      const goods = await layOut(system.sandbox, system.gatewayUrl, { skus: options.skus, stock: perSku + LEFT_OVER, withinMs: 120_000 });
      say(machine({ Node: process.version, PostgreSQL: await postgresVersion(system), 'nats-server': system.natsVersion }));
      const bench: Bench = { system, goods, orders, bare, probe: probeOf(system), options, bought: [] };
      conclude(await measure(bench, say), options, say);
      return await check(bench, say);
    } finally {
      orders.close();
      await bare?.close();
    }
  });
}

async function measure(bench: Bench, say: Say): Promise<Pair[]> {
  const { rate, seconds, pairs } = bench.options;
  say(`${pairs} pairs of slices of ${seconds} s each at ${rate}/s, after one that warms up`);
  const measured: Pair[] = [];
  for (let pair = 0; pair <= pairs; pair += 1) {
    const wanted = await fillCarts(bench.system.gatewayUrl, bench.goods, rate * seconds);
    const bare = outcomeOf(rate, await openLoop(wanted.length, rate, async (index, dueAt) => {
      const { key, body } = wanted[index] as Wanted;
      await bench.bare.place(key, body);
      return performance.now() - dueAt;
    }));
    const used = bench.probe();
    const visits = await openLoop(wanted.length, rate, (index, dueAt) => visit(bench.orders, wanted[index] as Wanted, dueAt));
    bench.bought.push(...visits.map(({ bought }) => bought));
    const cpu = Object.entries(perEvent(used(), visits.length)).map(([name, us]) => `${name.replace('µs ', '')} ${tenth(us / 1_000)}`);
    const done = { bare, answered: outcomeOf(rate, visits.map(({ answeredMs }) => answeredMs)), confirmed: outcomeOf(rate, visits.map(({ bought }) => bought.tookMs)) };
    say(`  ${pair === 0 ? 'warming up  ' : ''}p50 and p99: bare ${told(done.bare)}, answered ${told(done.answered)}, confirmed ${told(done.confirmed)}; ms of CPU an order: ${cpu.join(', ')}`);
    if (pair > 0) measured.push(done);
  }
  return measured;
}

const outcomeOf = (rate: number, times: readonly number[]): Outcome => ({ eventsPerSecond: rate, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99), applied: times.length });

const tenth = (value: number): string => String(Math.round(value * 10) / 10);
const told = ({ p50Ms, p99Ms }: Outcome): string => `${tenth(p50Ms)} and ${tenth(p99Ms)} ms`;

function conclude(pairs: readonly Pair[], { rate }: CheckoutOptions, say: Say): void {
  const of = (name: keyof Pair): Outcome[] => pairs.map((pair) => pair[name]);
  const row = (what: string, name: keyof Pair): string => `| ${what} | ${tenth(median(of(name).map(({ p50Ms }) => p50Ms)))} | ${tenth(median(of(name).map(({ p99Ms }) => p99Ms)))} |`;
  say(`\n| at ${rate}/s | p50 ms | p99 ms |\n|---|---|---|\n${[row('bare insert and publish', 'bare'), row('order → answered', 'answered'), row('order → confirmed', 'confirmed')].join('\n')}\n\nmedian ratio of the pairs`);
  for (const name of ['answered', 'confirmed'] as const) {
    say(ratioLine(`p50, ${name} : bare`, pairRatio(of(name), of('bare'), (one) => one.p50Ms), 'told'));
    say(ratioLine(`p99, ${name} : bare`, pairRatio(of(name), of('bare'), (one) => one.p99Ms), 'told'));
  }
}

async function check({ system, goods, bare, bought }: Bench, say: Say): Promise<boolean> {
  const wrong = await faultsOf(system, goods, bought);
  const { ok, counts } = await bare.check();
  if (!ok) wrong.push(`bare: ${JSON.stringify(counts)}`);
  for (const line of wrong.slice(0, 20)) say(`  WRONG: ${line}`);
  say(wrong.length === 0 ? `\n${bought.length} orders are confirmed, each once in the OMS and the ERP with one payment; the stock fell by as many` : `\n${wrong.length} things are wrong: this run is void`);
  return wrong.length === 0;
}

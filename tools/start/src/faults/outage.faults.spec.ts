/**
 * R1 R4 I7: every system of record is fully down at peak, all at once, each in its own way. Measured where it counts, at the sandbox: calls of
 * all callers (hints, polls, overlap, effects and their looks) stay at 1.1·N + bucket. When they are back, the same load goes through again.
 */
import { rmSync } from 'node:fs';
import { oneOf, randomFrom } from '@steward/platform';
import { eventually } from '@steward/testing';
import type { SandboxCollection, SandboxRecord, SandboxSystem } from '../clients/sandbox.client';
import { type Bought, play } from '../shop/buyers';
import { type Goods, layOut } from '../shop/goods';
import { freePortPlan } from '../system/ports';
import { scratchFolder } from '../system/scratch-folder';
import { startSystem, type System } from '../system/system';
import { agreement, allRecords, differences, type Load, type Records, recordsOf, startLoad } from './rig.spec';
import { withDatabase } from './side-by-side.spec';

const seed = Number(process.env['STEWARD_FAULT_SEED'] ?? Date.now() % 1_000_000);
const bucket = 10;
const downForMs = 30_000;
const backWithinMs = 60_000;
const windowMs = 10_000;
const ordersEveryMs = 500;
/** Who has come a moment ago is still being served. */
const servedWithinMs = 5_000;

/** All at the same time, each in a way of its own. */
const outages: Readonly<Record<SandboxSystem, Readonly<Record<string, unknown>>>> = {
  pim: { kind: 'error', status: 500 },
  erp: { kind: 'drop-before-commit' },
  pricing: { kind: 'hang' },
  crm: { kind: 'error', status: 503 },
  oms: { kind: 'error', status: 502 },
  psp: { kind: 'drop-before-commit' },
};
const down = Object.keys(outages) as SandboxSystem[];
/** An order is paid before the OMS hears of it: with both down from the start nobody would call the OMS. */
const last: SandboxSystem = 'psp';
const lastAfterMs = 5_000;

interface Sample {
  readonly at: number;
  readonly total: number;
  readonly firstAttempts: number;
}

/** Stretches of at most ten seconds in which a system got more calls than its budget allows. */
function beyondBudget(samples: readonly Sample[]): string[] {
  return samples.flatMap((from, index) => samples.slice(index + 1).flatMap((to) => {
    const [calls, first] = [to.total - from.total, to.firstAttempts - from.firstAttempts];
    return to.at - from.at <= windowMs && calls > 1.1 * first + bucket ? [`${calls} calls for ${first} first attempts within ${Math.round(to.at - from.at)} ms`] : [];
  }));
}

describe('systems of record that are fully down at peak', () => {
  const dataDir = scratchFolder('outage-of-all');
  let system: System;
  let goods: Goods[];
  let load: Load | undefined;
  let shopping: Shopping | undefined;

  beforeAll(async () => {
    system = await startSystem({ dataDir, ports: await freePortPlan(), durable: false, mode: 'test' });
    await system.sandbox.seed({ seed: 'outage', products: 60 });
    goods = await layOut(system.sandbox, system.gatewayUrl, { skus: 4, stock: 400, withinMs: 60_000 });
    await agreement(system, `outage, STEWARD_FAULT_SEED=${seed}`);
  }, 180_000);

  afterAll(async () => {
    await load?.stop();
    shopping?.close();
    await system?.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }, 60_000);

  it(`R1 R4 I7: get at most 1.1·N + ${bucket} calls in any 10 s, and ${down.length} of them together take nothing from the storefront for longer than a minute after`, async () => {
    const random = randomFrom(seed);
    process.stdout.write(`outage: STEWARD_FAULT_SEED=${seed}\n`);
    const { quiet, busy } = apart(await recordsOf(system), goods);
    const customers = await allRecords(system.sandbox, 'crm/customers');
    load = startLoad(system.sandbox, busy, 60, random);
    shopping = startShopping(system, goods, seed);
    await eventually(() => (shopping?.confirmed(performance.now()) ?? 0) >= 10, { withinMs: 60_000 });

    const isUp = new Set(down);
    const takeDown = async (name: SandboxSystem): Promise<void> => {
      isUp.delete(name);
      await system.sandbox.addFault(name, outages[name]);
      await system.sandbox.resetCalls(name);
    };
    for (const name of down) if (name !== last) await takeDown(name);
    // What nobody else changes: it has to be shown when the outage is over.
    const marks: readonly (readonly [string, IsShown])[] = [['goods', await markGoods(system, quiet)], ['customer', await markCustomer(system, oneOf(random, customers))]];
    const samples = new Map(down.map((name): [SandboxSystem, Sample[]] => [name, []]));
    const statuses = new Set<number>();
    const begun = performance.now();
    await eventually(async () => {
      if (isUp.has(last) && performance.now() - begun > lastAfterMs) await takeDown(last);
      await Promise.all(down.filter((name) => !isUp.has(name)).map(async (name) => {
        const { total, firstAttempts } = await system.sandbox.calls(name);
        samples.get(name)?.push({ at: performance.now(), total, firstAttempts });
      }));
      const answer = await fetch(`${system.gatewayUrl}/v1/products?first=50`, { signal: AbortSignal.timeout(5_000) });
      statuses.add((await answer.arrayBuffer(), answer.status));
      return performance.now() - begun > downForMs + lastAfterMs;
    }, { withinMs: downForMs * 2, everyMs: 200 });
    const told = [...samples].map(([name, seen]) => `${name} ${seen.at(-1)?.total} calls, ${seen.at(-1)?.firstAttempts} first`);
    process.stdout.write(`outage: ${told.join('; ')}\n`);
    expect([...samples].flatMap(([name, seen]) => beyondBudget(seen).slice(0, 3).map((says) => `${name}: ${says}`))).toEqual([]);
    expect([...samples].filter(([, seen]) => (seen.at(-1)?.firstAttempts ?? 0) < 4).map(([name]) => name)).toEqual([]);
    expect([...statuses]).toEqual([200]);

    for (const name of down) await system.sandbox.clearFaults(name);
    const back = performance.now();
    const wellAfter = new Map<string, string>();
    const served: IsShown = async () => {
      const until = performance.now() - servedWithinMs;
      return until > back && (shopping?.confirmed(until) ?? 0) >= 0.95 * (shopping?.begun(until) ?? 0);
    };
    await eventually(async () => {
      const seen = await Promise.all([...marks, ['orders', served] as const].map(async ([what, isWell]) => [what, await isWell()] as const));
      for (const [what, well] of seen) if (well && !wellAfter.has(what)) wellAfter.set(what, `${what} ${((performance.now() - back) / 1_000).toFixed(1)} s`);
      expect(seen.filter(([, well]) => !well).map(([what]) => what)).toEqual([]);
      return true;
    }, { withinMs: backWithinMs, everyMs: 250 });
    process.stdout.write(`outage: all well after it: ${[...wellAfter.values()].join(', ')}; ${shopping.begun(Infinity)} orders\n`);

    await load.stop();
    shopping.close();
    const bought = await shopping.bought();
    expect(bought.filter(({ order }) => order?.status !== 'CONFIRMED').map(({ order, refused }) => order ?? refused)).toEqual([]);
    // Of what is on sale the storefront rightly shows less than the ERP has: what is ordered is held.
    const compared = new Set([...quiet.products, ...busy.products].map(({ id }) => id));
    await eventually(async () => {
      expect((await differences(system)).filter(({ productId }) => compared.has(productId)).map(({ says }) => says)).toEqual([]);
      return true;
    }, { withinMs: backWithinMs, everyMs: 500 });
  }, 300_000);
});

interface Shopping {
  /** Orders that were wanted up to then, on the clock of `performance`, and how many of these are confirmed by now. */
  begun(until: number): number;
  confirmed(until: number): number;
  /** Nobody comes any more. */
  close(): void;
  bought(): Promise<Bought[]>;
}

/** Shoppers come at their own pace, whether earlier ones are served or not. */
function startShopping({ gatewayUrl }: System, goods: readonly Goods[], seeded: number): Shopping {
  const visits: { readonly at: number; bought: Bought | undefined; readonly done: Promise<void> }[] = [];
  const visit = (): void => {
    const playing = play({ gatewayUrl, goods, buyers: 1, parallel: 1, doubleClicks: 0, withinMs: 120_000, random: randomFrom(seeded + visits.length) });
    const entry: (typeof visits)[number] = { at: performance.now(), bought: undefined, done: playing.then(([bought]) => void (entry.bought = bought), () => undefined) };
    visits.push(entry);
  };
  const timer = setInterval(visit, ordersEveryMs);
  return {
    begun: (until) => visits.filter(({ at }) => at <= until).length,
    confirmed: (until) => visits.filter(({ at, bought }) => at <= until && bought?.order?.status === 'CONFIRMED').length,
    close: () => clearInterval(timer),
    bought: async () => {
      await Promise.all(visits.map(({ done }) => done));
      return visits.flatMap(({ bought }) => bought ?? []);
    },
  };
}

const quietProducts = 5;

/** Products that the load leaves alone; neither touches what is on sale, whose stock shoppers move. */
function apart(records: Records, goods: readonly Goods[]): { quiet: Records; busy: Records } {
  const sold = new Set(goods.map(({ sku }) => sku));
  const skusOf = (record: SandboxRecord): string[] => [record.id, ...((record['options'] ?? []) as { sku: string }[]).map(({ sku }) => sku)];
  const products = records.products.filter((record) => record['state'] === 'published' && !skusOf(record).some((sku) => sold.has(sku)));
  const some = (chosen: readonly SandboxRecord[]): Records => {
    const skus = new Set(chosen.flatMap(skusOf));
    return { products: chosen, stock: records.stock.filter(({ item }) => skus.has(String(item))), prices: records.prices.filter(({ article }) => skus.has(String(article))) };
  };
  return { quiet: some(products.slice(0, quietProducts)), busy: some(products.slice(quietProducts)) };
}

type IsShown = () => Promise<boolean>;

/** Changes every quiet product, its stock and its prices once. */
async function markGoods(system: System, { products, stock, prices }: Records): Promise<IsShown> {
  const put = (collection: SandboxCollection, records: readonly SandboxRecord[], edit: (record: SandboxRecord) => object): Promise<unknown> =>
    Promise.all(records.map((record) => system.sandbox.put(collection, { ...record, ...edit(record) })));
  await put('pim/products', products, ({ labels }) => ({ labels: Object.fromEntries(Object.entries(labels as Record<string, { title: string }>).map(([locale, label]) => [locale, { ...label, title: `${label.title} *` }])) }));
  await put('erp/stock', stock, ({ quantity }) => ({ quantity: Number(quantity) + 7 }));
  await put('pricing/prices', prices, ({ amount }) => ({ amount: (Number(amount) + 0.01).toFixed(2) }));
  const marked = new Set(products.map(({ id }) => id));
  return async () => (await differences(system)).every(({ productId }) => !marked.has(productId));
}

async function markCustomer(system: System, record: SandboxRecord): Promise<IsShown> {
  const fullName = `${String(record['fullName'])} *`;
  await system.sandbox.put('crm/customers', { ...record, fullName });
  return () => withDatabase(system, 'gateway', async (client) => (await client.query(`select 1 from stored_part where entity = 'customer' and key = $1 and data::text like '%' || $2 || '%'`, [record.id, fullName])).rowCount === 1);
}

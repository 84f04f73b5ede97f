// Steward as one of the lines: its shipped processes with their default configuration.
// 1. A slice changes every entity at most once, so a change and its arrival belong together and nothing is merged on
//    the way; the next slice begins when all of it has arrived.
// 2. At saturation a backlog is kept waiting in the system of record, without webhooks, and read page by page. What the
//    sandbox and its writer cost is paid on the same cores, against Steward's figure.
// 3. At a rate the clock starts when the adapter saw the change (ce-time), as the yardstick's does when it takes a change
//    over, and stops at the notification of the commit. From the sandbox's commit on is told beside it, and so is from the begin
//    of the announcing transaction on: without the read of the source, which the yardstick does not have.
import { setTimeout as pause } from 'node:timers/promises';
import type { System } from '@steward/start';
import { Client } from 'pg';
import { metronome } from '../yardstick/changes';
import { perEvent, type CpuProbe } from '../yardstick/cpu';
import { percentile, type Check, type Line, type Load, type Outcome } from '../yardstick/line';
import { listenForArrivals } from './arrivals';
import { productOf, shuffled, type Product } from './bench-product';
import { openSandboxLoad } from './sandbox-load.client';

export interface StewardOptions {
  readonly keys: number;
  readonly probe: CpuProbe;
  readonly note: (line: string) => void;
}

const WARM_UP_MS = 2_000;
/** Waiting in the system of record: more than a second of work, so that the adapter never finds it empty. */
const BACKLOG = 15_000;
const FILL = 2_500;
const FILL_EVERY_MS = 20;
const ARRIVE_WITHIN_MS = 180_000;
const WRITE_EVERY_MS = 10;

export async function openSteward(system: System, { keys, probe, note }: StewardOptions): Promise<Line> {
  const load = openSandboxLoad(system.sandbox.url);
  const arrivals = await listenForArrivals(system.databaseUrl('gateway'));
  const gateway = new Client({ connectionString: system.databaseUrl('gateway') });
  await gateway.connect();
  let round = 0;

  const next = (): (() => Product) => {
    const order = shuffled(keys);
    round += 1;
    let at = 0;
    return () => {
      const number = order[at];
      if (number === undefined) throw new RangeError(`a slice needs more than ${keys} entities`);
      at += 1;
      return productOf(number, round);
    };
  };

  const begun = performance.now();
  const first = next();
  await load.write(Array.from({ length: keys }, first), false);
  await arrivals.reach(keys, ARRIVE_WITHIN_MS);
  note(`${keys} products imported at ${Math.round((keys * 1000) / (performance.now() - begun))} a second`);
  await gateway.query('vacuum analyze');

  async function saturate(seconds: number): Promise<Outcome> {
    const change = next();
    let written = 0;
    let filling = true;
    arrivals.forget();
    const filler = (async () => {
      for (; filling; await pause(FILL_EVERY_MS)) {
        const missing = Math.min(BACKLOG - (written - arrivals.count()), keys - written);
        if (missing < Math.min(FILL, keys - written) || missing === 0) continue;
        await load.write(Array.from({ length: missing }, change), false);
        written += missing;
      }
    })();
    await Promise.race([pause(WARM_UP_MS), filler]);
    const used = probe();
    const from = { at: performance.now(), count: arrivals.count() };
    while (performance.now() - from.at < seconds * 1000 && arrivals.count() < keys) await pause(5);
    const applied = arrivals.count() - from.count;
    const eventsPerSecond = (applied * 1000) / (performance.now() - from.at);
    const extra = perEvent(used(), applied);
    filling = false;
    await filler;
    await arrivals.reach(written, ARRIVE_WITHIN_MS);
    return { eventsPerSecond, p50Ms: Number.NaN, p99Ms: Number.NaN, applied, extra };
  }

  async function atRate(rate: number, seconds: number): Promise<Outcome> {
    const change = next();
    const committed = new Map<string, number>();
    let due = 0;
    let failed: unknown;
    arrivals.forget();
    const stop = metronome(rate, (count) => {
      due += count;
    });
    const underWay = new Set<Promise<void>>();
    const writer = setInterval(() => {
      const products = Array.from({ length: due }, change);
      due = 0;
      if (products.length === 0) return;
      const one = load
        .write(products, true)
        .then((at) => products.forEach(({ id }) => committed.set(id, at)), (fault: unknown) => (failed = fault))
        .then(() => void underWay.delete(one));
      underWay.add(one);
    }, WRITE_EVERY_MS);
    await pause(WARM_UP_MS);
    const from = Date.now();
    const cpu = probe();
    await pause(seconds * 1000);
    const to = Date.now();
    const used = cpu();
    stop();
    clearInterval(writer);
    await Promise.all(underWay);
    if (failed !== undefined) throw failed;
    await arrivals.reach(committed.size, ARRIVE_WITHIN_MS);
    return latencies(committed, from, to, used);
  }

  async function latencies(committed: ReadonlyMap<string, number>, from: number, to: number, used: Readonly<Record<string, number>>): Promise<Outcome> {
    const { rows } = await gateway.query<{ key: string; seen: number }>("select key, (extract(epoch from changed_at) * 1000)::float8 as seen from stored_part where entity = 'product'");
    const seenAt = new Map(rows.map(({ key, seen }) => [key, seen]));
    const begunAt = await announcingBegan(system);
    const measured = [...committed].filter(([, at]) => at >= from && at < to);
    const since = (start: (key: string, at: number) => number) => measured.map(([key, at]) => (arrivals.at(key) ?? Number.POSITIVE_INFINITY) - start(key, at));
    const fromAdapter = since((key) => seenAt.get(key) ?? Number.NaN);
    const fromSource = since((_key, at) => at);
    const fromAnnouncing = since((key) => begunAt.get(key) ?? Number.NaN);
    return {
      eventsPerSecond: (measured.length * 1000) / (to - from),
      p50Ms: percentile(fromAdapter, 0.5),
      p99Ms: percentile(fromAdapter, 0.99),
      applied: measured.length,
      extra: { 'p50 from source': percentile(fromSource, 0.5), 'p99 from source': percentile(fromSource, 0.99), 'p50 from announcing': percentile(fromAnnouncing, 0.5), ...perEvent(used, measured.length) },
    };
  }

  return {
    name: 'Steward',
    slice: (wanted: Load, seconds) => (wanted.kind === 'rate' ? atRate(wanted.perSecond, seconds) : saturate(seconds)),
    check: () => compare(system, gateway, keys),
    close: async () => {
      load.close();
      await arrivals.close();
      await gateway.end();
    },
  };
}

/** By key, when the transaction began that announced its newest change. */
async function announcingBegan(system: System): Promise<ReadonlyMap<string, number>> {
  const pim = new Client({ connectionString: system.databaseUrl('pim') });
  await pim.connect();
  const { rows } = await pim.query<{ key: string; begun: number }>("select key, (extract(epoch from max(created_at)) * 1000)::float8 as begun from outbox where entity = 'product' group by key");
  await pim.end();
  return new Map(rows.map(({ key, begun }) => [key, begun]));
}

/** Every record of the sandbox against what the gateway stored, by the title that each round changes. */
export async function compare(system: System, gateway: Client, keys: number): Promise<Check> {
  const { rows } = await gateway.query<{ key: string; name: string }>("select key, data -> 'texts' -> 'en' ->> 'name' as name from stored_part where entity = 'product' and data is not null");
  const stored = new Map(rows.map(({ key, name }) => [key, name]));
  let differing = 0;
  let records = 0;
  for (let after: string | null = ''; after !== null; ) {
    const page: Awaited<ReturnType<System['sandbox']['list']>> = await system.sandbox.list('pim/products', { limit: 5_000, after });
    records += page.items.length;
    for (const item of page.items) if (stored.get(item.id) !== (item['labels'] as { en: { title: string } }).en.title) differing += 1;
    after = page.next;
  }
  const letters = await gateway.query<{ open: number }>("select count(*)::int as open from dead_letter where state = 'open'");
  const open = letters.rows[0]?.open ?? -1;
  return { ok: differing === 0 && records === keys && stored.size === keys && open === 0, counts: { records, stored: stored.size, differing, deadLetters: open } };
}

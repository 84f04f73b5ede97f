// What live changes wait for while an adapter meets its system of record for the first time (O9).
// 1. The sandbox is filled while pim stands still with a database that knows nothing, so all of it is one initial import.
// 2. Live changes of products that are shown already begin with the import and go on after it at the same rate. A slice of the
//    import is held against a slice after it, when both ends hold the same number of products.
// 3. The clock of a change starts at the sandbox's commit: what an adapter that is busy importing has not looked at yet has been
//    waiting all the same.
import { setTimeout as pause } from 'node:timers/promises';
import type { System } from '@steward/start';
import { Client } from 'pg';
import { onSystem } from '../on-system';
import { listenForArrivals } from '../pipeline/arrivals';
import { productOf } from '../pipeline/bench-product';
import { machine, type Say } from '../pipeline/report';
import { openSandboxLoad } from '../pipeline/sandbox-load.client';
import { compare } from '../pipeline/steward';
import { startLiveChanges } from './live-changes';
import { memoryOf } from './memory';
import type { ImportOptions } from './options';
import { compared } from './report';

const watched = ['pim', 'gateway-projector', 'nats-server', 'sandbox'] as const;
const FILL = 5_000;
const STANDS_AFTER_MS = 60_000;

/** True when both ends were equal; the ratios are told, not judged. */
export function runImport(options: ImportOptions, say: Say): Promise<boolean> {
  return onSystem({ say, keep: options.keep, supervised: false }, (system) => {
    say(machine({ Node: process.version, 'nats-server': system.natsVersion }));
    return measure(system, options, say);
  });
}

async function measure(system: System, { products, rate, seconds }: ImportOptions, say: Say): Promise<boolean> {
  const load = openSandboxLoad(system.sandbox.url);
  const arrivals = await listenForArrivals(system.databaseUrl('gateway'));
  const [gateway, pim] = [new Client({ connectionString: system.databaseUrl('gateway') }), new Client({ connectionString: system.databaseUrl('pim') })];
  await Promise.all([gateway.connect(), pim.connect()]);
  try {
    await system.process('pim').stop();
    await pim.query('delete from feed'); // nothing was announced yet: its database is as new
    for (let from = 0; from < products; from += FILL) await load.write(Array.from({ length: Math.min(FILL, products - from) }, (_, index) => productOf(from + index, 1)), false);
    say(`the sandbox holds ${products} products, pim begins`);
    await system.process('pim').restart();
    const begun = performance.now();
    const live = startLiveChanges(load, arrivals, rate);

    const importing = await slicesUntil(seconds, progressing(async () => arrivals.count() + live.underWay(), products));
    const tookMs = performance.now() - begun;
    say(`imported in ${Math.round(tookMs / 1_000)} s, ${Math.round((products * 1_000) / tookMs)} a second, with up to ${rate} live changes a second beside it`);
    const passing = await slicesUntil(seconds, async () => (await pim.query("select from feed where entity = 'product' and last_pass_at is not null")).rowCount === 1);
    say('the first full pass is over');
    const memory = watched.map((name) => ({ name, ...memoryOf(system.process(name).pid) }));
    const quiet = await slicesOf(seconds, Math.max(3, importing.length));
    await live.stop();

    const { rows } = await gateway.query<{ key: string; seen: number }>("select key, (extract(epoch from changed_at) * 1000)::float8 as seen from stored_part where entity = 'product'");
    const seenAt = new Map(rows.map(({ key, seen }) => [key, seen]));
    const of = (windows: readonly Window[]) => windows.map(({ from, to }) => live.between(from, to, seenAt)).filter(({ changes }) => changes > 0);
    say(`\n${compared({ importing: of(importing), 'first full pass': of(passing), quiet: of(quiet) })}\n`);
    for (const { name, nowMiB, peakMiB } of memory) say(`  ${name.padEnd(18)} ${String(nowMiB).padStart(5)} MiB resident after it, ${String(peakMiB).padStart(5)} MiB at most`);
    const check = await compare(system, gateway, products);
    say(`  ${check.ok ? 'both ends are equal' : 'DIFFERS: this run is void'}  ${Object.entries(check.counts).map(([name, count]) => `${name} ${count}`).join(', ')}`);
    return check.ok;
  } finally {
    load.close();
    await arrivals.close();
    await Promise.all([gateway.end(), pim.end()]);
  }
}

interface Window {
  readonly from: number;
  readonly to: number;
}

/** Whole slices until it is over; the last one is cut off and not among them. */
async function slicesUntil(seconds: number, over: () => Promise<boolean>): Promise<Window[]> {
  const windows: Window[] = [];
  for (;;) {
    const from = Date.now();
    while (Date.now() < from + seconds * 1_000) {
      if (await over()) return windows;
      await pause(20);
    }
    windows.push({ from, to: Date.now() });
  }
}

function slicesOf(seconds: number, count: number): Promise<Window[]> {
  const until = Date.now() + (count + 0.5) * seconds * 1_000;
  return slicesUntil(seconds, () => Promise.resolve(Date.now() > until));
}

/** Whether the count is reached; an import that stands still is an error and no benchmark. */
function progressing(count: () => Promise<number>, wanted: number): () => Promise<boolean> {
  let [last, at] = [-1, performance.now()];
  return async () => {
    const now = await count();
    if (now > last) [last, at] = [now, performance.now()];
    if (performance.now() - at > STANDS_AFTER_MS) throw new Error(`the import stands at ${now} of ${wanted}`);
    return now >= wanted;
  };
}

// What a few messages that can't be applied cost all others (C2): slices with and without them, in turn, on one system.
// 1. Poison is what the gateway's database refuses, by a trigger that is there in every slice; so its own cost is on both sides.
// 2. The same keys are left out of both figures of a pair: what is poison in one slice is no key to be measured in the other.
// 3. A run counts only if what was parked is what was injected, and nothing is parked any more once a sound state has come.
import { setTimeout as pause } from 'node:timers/promises';
import type { System } from '@steward/start';
import { Client } from 'pg';
import { onSystem } from '../on-system';
import { type Arrivals, listenForArrivals } from '../pipeline/arrivals';
import { productOf, shuffled } from '../pipeline/bench-product';
import { machine, pairRatio, ratioLine, type Say } from '../pipeline/report';
import { openSandboxLoad, type SandboxLoad } from '../pipeline/sandbox-load.client';
import { metronome } from '../yardstick/changes';
import { type Outcome, percentile } from '../yardstick/line';
import type { PoisonOptions } from './options';

const WRITE_EVERY_MS = 10;
const WITHIN_MS = 120_000;

/** Refused for good, as a value is that PostgreSQL can't hold. */
const trap = `
  create table poison (key text primary key);
  create function refuse_poison() returns trigger language plpgsql as $$ begin
    if exists (select from poison p where p.key = new.key) then raise exception 'poison' using errcode = '22023'; end if;
    return new; end $$;
  create trigger refuse_poison before insert or update on stored_part for each row when (new.entity = 'product') execute function refuse_poison();`;

interface Bench {
  readonly gateway: Client;
  readonly load: SandboxLoad;
  readonly arrivals: Arrivals;
  readonly options: PoisonOptions;
}

/** False when what was parked is not what was injected. */
export const runPoison = (options: PoisonOptions, say: Say): Promise<boolean> => onSystem({ say }, (system) => poisoned(system, options, say));

async function poisoned(system: System, options: PoisonOptions, say: Say): Promise<boolean> {
  const gateway = new Client({ connectionString: system.databaseUrl('gateway') });
  const load = openSandboxLoad(system.sandbox.url);
  const arrivals = await listenForArrivals(system.databaseUrl('gateway'));
  try {
    await gateway.connect();
    await gateway.query(trap);
    await load.write(Array.from({ length: options.keys }, (_, number) => productOf(number, 0)), false);
    await arrivals.reach(options.keys, WITHIN_MS);
    say(machine({ Node: process.version, 'nats-server': system.natsVersion }));
    return await compare({ gateway, load, arrivals, options }, say);
  } finally {
    load.close();
    await arrivals.close();
    await gateway.end();
  }
}

async function compare(bench: Bench, say: Say): Promise<boolean> {
  const { options: { keys, poison, pairs } } = bench;
  const [withPoison, without]: [Outcome[], Outcome[]] = [[], []];
  let sound = true;
  for (let pair = 0; pair < pairs; pair += 1) {
    const injected = new Set(shuffled(keys).slice(0, poison).map((number) => productOf(number, 0).id));
    withPoison.push(await slice(bench, 2 * pair + 1, injected, injected));
    const parked = await settled(bench, (letters) => letters.length >= poison);
    // The mended state is newer: it closes the letter of its key.
    without.push(await slice(bench, 2 * pair + 2, new Set(), injected));
    const left = await settled(bench, (letters) => letters.length === 0);
    const right = parked.length === poison && parked.every((key) => injected.has(key)) && left.length === 0;
    sound &&= right;
    const [bad, good] = [withPoison.at(-1), without.at(-1)];
    say(`  p50 and p99 of the others: ${told(bad)} with ${poison} poison keys among ${keys}, ${told(good)} without; parked ${parked.length}, then ${left.length}${right ? '' : ': NOT what was injected, this run is void'}`);
  }
  say('\nmedian ratio of the pairs');
  say(ratioLine('p50 of the others, with : without poison', pairRatio(withPoison, without, (one) => one.p50Ms), 'told'));
  say(ratioLine('p99 of the others, with : without poison', pairRatio(withPoison, without, (one) => one.p99Ms), '0.8 to 1.2'));
  return sound;
}

const told = (outcome: Outcome | undefined): string => `${outcome?.p50Ms.toFixed(1)} and ${outcome?.p99Ms.toFixed(1)} ms`;

/** Changes every key once; times are from the source's commit to the notification of the gateway's. */
async function slice({ gateway, load, arrivals, options: { keys, rate } }: Bench, round: number, poison: ReadonlySet<string>, unmeasured: ReadonlySet<string>): Promise<Outcome> {
  await gateway.query('delete from poison');
  await gateway.query('insert into poison select unnest($1::text[])', [[...poison]]);
  arrivals.forget();
  const order = shuffled(keys);
  const committed = new Map<string, number>();
  const writes: Promise<void>[] = [];
  let due = 0;
  const stop = metronome(rate, (count) => (due += count));
  for (let next = 0; next < keys; await pause(WRITE_EVERY_MS)) {
    const products = order.slice(next, next + due).map((number) => productOf(number, round));
    next += products.length;
    due -= products.length;
    if (products.length > 0) writes.push(load.write(products, true).then((at) => products.forEach(({ id }) => committed.set(id, at))));
  }
  stop();
  await Promise.all(writes);
  await arrivals.reach(keys - poison.size, WITHIN_MS);
  const times = [...committed].filter(([key]) => !unmeasured.has(key)).map(([key, at]) => (arrivals.at(key) ?? Number.POSITIVE_INFINITY) - at);
  return { eventsPerSecond: rate, p50Ms: percentile(times, 0.5), p99Ms: percentile(times, 0.99), applied: times.length };
}

/** Keys with an open letter, when there are as many as there should be, or at the end of patience. */
async function settled({ gateway }: Bench, enough: (keys: readonly string[]) => boolean): Promise<string[]> {
  const until = performance.now() + WITHIN_MS;
  for (;;) {
    const { rows } = await gateway.query<{ key: string }>(`select key from dead_letter where state = 'open'`);
    const keys = rows.map(({ key }) => key);
    if (enough(keys) || performance.now() > until) return keys;
    await pause(50);
  }
}

// S1: what it costs to hold one piece of a hot SKU for each of many shoppers at once, and whether anything is sold twice.
import { rmSync } from 'node:fs';
import { freePort, startPostgres } from '@steward/servers';
import { scratchFolder } from '@steward/start';
import { machine, type Say } from '../pipeline/report';
import { median } from '../yardstick/line';
import type { ReservationOptions } from './options';
import { openShop, type Shop } from './shop';
import { coalesced, naiveTables, oneByOne, oneUpdate, type Way } from './ways';

const wanted = 10;
/** Of the sale: so few that most shoppers come too late. */
const pieces = 10;
const shoppers = 8_000;

/** True when nothing was sold twice; the ratios are told, not judged. */
export async function runReservations(options: ReservationOptions, say: Say): Promise<boolean> {
  const dir = scratchFolder('bench');
  // Synced commits: what a batch saves is to a large part the waiting for the disk.
  const postgres = await startPostgres({ dir, port: await freePort(), durable: true });
  try {
    const shop = await openShop(postgres.adminUrl, options);
    for (const table of naiveTables) await shop.database.query(table);
    say(machine({ Node: process.version }));
    try {
      return await measure(shop, options, say);
    } finally {
      await shop.close();
    }
  } finally {
    await postgres.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function measure(shop: Shop, { pairs, seconds, batch, clients, hot }: ReservationOptions, say: Say): Promise<boolean> {
  const ways = [coalesced(batch), oneByOne(clients), oneUpdate(clients)];
  const [first] = ways as [Way];
  const rates = new Map<Way, number[]>(ways.map((way) => [way, []]));
  say(`${hot} hot SKUs; ${first.workers} batches of ${batch} at a time, or ${clients} transactions at a time; ${pairs} rounds of ${seconds} s each`);
  for (const way of ways) await slice(shop, way, 1);
  for (let pair = 0; pair < pairs; pair += 1) {
    // Each way comes first, second and last as often as the others.
    for (const way of [...ways.slice(pair % ways.length), ...ways.slice(0, pair % ways.length)]) rates.get(way)?.push(await slice(shop, way, seconds));
  }
  for (const way of ways) {
    const own = rates.get(way) ?? [];
    const ratios = (rates.get(first) ?? []).map((rate, index) => rate / (own[index] ?? Number.NaN));
    const beside = way === first ? '' : `   coalesced : ${way.name} ${tenth(median(ratios))} (${ratios.map(tenth).join(', ')}; wanted ≥ ${wanted})`;
    say(`  ${way.name.padEnd(20)} ${whole(median(own)).padStart(7)} orders/s${beside}`);
  }
  let sound = true;
  for (const way of ways) sound = (await sale(shop, way, hot, say)) && sound;
  return sound;
}

/** As many as it can for a while, with stock for all; answers how many a second. */
async function slice(shop: Shop, way: Way, seconds: number): Promise<number> {
  await shop.restock(1_000_000);
  const from = performance.now();
  const until = from + seconds * 1_000;
  const counts = await Promise.all(Array.from({ length: way.workers }, async () => {
    let count = 0;
    while (performance.now() < until) count += await way.turn(shop);
    return count;
  }));
  return (counts.reduce((sum, count) => sum + count, 0) * 1_000) / (performance.now() - from);
}

/** More shoppers than pieces: everything is sold, nothing twice. */
async function sale(shop: Shop, way: Way, hot: number, say: Say): Promise<boolean> {
  await shop.restock(pieces);
  let came = 0;
  await Promise.all(Array.from({ length: way.workers }, async () => {
    while (came < shoppers) {
      const served = await way.turn(shop);
      came += served;
    }
  }));
  const { held, oversold } = await shop.held();
  const sound = held === pieces * hot && oversold === 0;
  say(`  ${way.name.padEnd(20)} ${sound ? '' : 'NOT SOUND: '}${came} shoppers, ${pieces * hot} pieces: ${held} held, ${oversold} oversold`);
  return sound;
}

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const tenth = (value: number): string => String(Math.round(value * 10) / 10);

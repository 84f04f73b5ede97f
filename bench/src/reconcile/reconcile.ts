// What it costs to find a few differences among many states (X1): the digests' descent beside a full fetch and a sorted merge, in turn, on
// one PostgreSQL with both ends in it.
import { execFile } from 'node:child_process';
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { freePort, startPostgres } from '@steward/servers';
import { scratchFolder } from '@steward/start';
import type { Say } from '../pipeline/report';
import { median } from '../yardstick/line';
import { type Ends, makeEnds } from './ends';
import type { ReconcileOptions } from './options';
import type { Found, WayName } from './ways';

type Round = Record<WayName | 'again' | 'tenth' | 'none', Found>;

/** False when a way has not found what there is to find. */
export async function runReconcile({ keys, differences, pairs }: ReconcileOptions, say: Say): Promise<boolean> {
  const dir = scratchFolder('bench');
  const server = await startPostgres({ dir: join(dir, 'postgres'), port: await freePort(), durable: false });
  try {
    const small = Math.round(keys / 10);
    say(`making both ends: ${count(keys)} and ${count(small)} states, ${differences} differences each`);
    const ends = { many: await makeEnds(server.adminUrl, 'many', keys, differences), few: await makeEnds(server.adminUrl, 'few', small, differences) };
    const rounds: Round[] = [];
    for (let pair = 0; pair < pairs; pair += 1) {
      const { many, few } = ends;
      const none = { owner: many.owner, reader: many.owner };
      rounds.push({ digest: await run('digest', many), full: await run('full', many), merge: await run('merge', many), again: await run('digest', many, 'again'), tenth: await run('digest', few), none: await run('digest', none) });
    }
    return report(rounds, { keys, small, differences }, say);
  } finally {
    await server.stop();
    rmSync(dir, { recursive: true, force: true });
  }
}

async function run(way: WayName, { owner, reader }: Ends, time: 'first' | 'again' = 'first'): Promise<Found> {
  const { stdout } = await promisify(execFile)(process.execPath, ['--max-old-space-size=4096', join(__dirname, 'program.js'), way, owner, reader, time], { maxBuffer: 1 << 20 });
  return JSON.parse(stdout) as Found;
}

function report(rounds: readonly Round[], { keys, small, differences }: { keys: number; small: number; differences: number }, say: Say): boolean {
  const labels = { digest: 'digest descent', full: 'full fetch and compare', merge: 'sorted merge', again: 'digest descent, in a process that has done it before', tenth: `digest descent, ${count(small)} keys`, none: 'digest descent, no difference' };
  const names = Object.keys(labels) as (keyof typeof labels)[];
  const of = (name: keyof typeof labels, pick: (found: Found) => number) => rounds.map((round) => pick(round[name]));
  say(`| ${count(keys)} keys, ${differences} differences | ms | ms of CPU | bytes | RSS MiB |\n|---|---|---|---|---|`);
  for (const name of names) say(`| ${labels[name]} | ${Math.round(median(of(name, (found) => found.wallMs)))} | ${Math.round(median(of(name, (found) => found.cpuMs)))} | ${count(median(of(name, (found) => found.bytes)))} | ${Math.max(...of(name, (found) => found.rssMiB))} |`);
  say('\n| median ratio of the rounds | | rounds | wanted |\n|---|---|---|---|');
  const ratio = (what: string, pick: (round: Round) => number, wanted: string): void => {
    const ratios = rounds.map(pick);
    say(`| ${what} | ${digits(median(ratios))} | ${ratios.map(digits).join(', ')} | ${wanted} |`);
  };
  ratio('time, digest : full fetch', ({ digest, full }) => digest.wallMs / full.wallMs, '≤ 0.05');
  ratio('time, digest in a process that has done it before : full fetch', ({ again, full }) => again.wallMs / full.wallMs, '–');
  ratio('CPU, digest : full fetch', ({ digest, full }) => digest.cpuMs / full.cpuMs, '–');
  ratio('bytes, digest : full fetch', ({ digest, full }) => digest.bytes / full.bytes, '≤ 0.025');
  ratio('time, digest : sorted merge', ({ digest, merge }) => digest.wallMs / merge.wallMs, '–');
  ratio('bytes, all keys : a tenth of them', ({ digest, tenth }) => digest.bytes / tenth.bytes, '≤ 1.5');
  const wrong = names.filter((name) => rounds.some((round) => round[name].differences !== (name === 'none' ? 0 : differences)));
  for (const name of wrong) say(`NOT SOUND: ${labels[name]} found ${rounds.map((round) => round[name].differences).join(', ')}`);
  return wrong.length === 0;
}

const count = (value: number): string => Math.round(value).toLocaleString('en');
const digits = (value: number): string => String(Number(value.toPrecision(2)));

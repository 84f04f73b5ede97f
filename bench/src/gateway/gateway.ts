// The gateway's API and its peers in turn, asked the same by the same load. A single figure says little on a machine with
// neighbours; the median of the pairs' ratios does (T4, T5). Each server is a process of its own, as the load is, and only one
// of them is asked at a time.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { scratchFolder } from '@steward/start';
import { machine, type Say } from '../pipeline/report';
import { cpuProbeOf, type CpuProbe } from '../yardstick/cpu';
import type { Outcome } from '../yardstick/line';
import { differing, openContests, type Contest } from './contests';
import type { LoadOrder, LoadOutcome } from './load';
import type { GatewayOptions } from './options';
import { startProgram, type Program } from './program';
import { bytesOf } from './questions';
import { CPU, describeSlice, ratios, table } from './report';
import { openStorefront, type Storefront } from './storefront';

const WARM_UP_MS = 1_000;
/** With their exact versions. */
const { devDependencies: peers } = JSON.parse(readFileSync(join(__dirname, '../../package.json'), 'utf8')) as { devDependencies: Record<string, string> };

/** True when all answers were right; the ratios are told, not judged: one run on one machine is no gate. */
export async function runGateway(options: GatewayOptions, say: Say): Promise<boolean> {
  const dataDir = scratchFolder('bench');
  const programs: Program[] = [];
  const start = (entry: string): Program => {
    const program = startProgram(entry);
    programs.push(program);
    return program;
  };
  let storefront: Storefront | undefined;
  try {
    storefront = await openStorefront(dataDir, options.products, say);
    const { system, skus, categoryIds } = storefront;
    const { contests, pids } = await openContests(system.gatewayUrl, storefront, start);
    const load = start('load');
    const probe = cpuProbeOf({ ...pids, gateway: system.process('gateway-api').pid, load: load.pid });
    say(machine({ Node: process.version, ...peers }));
    say(`${skus.length} products, ${categoryIds.length} categories; ${options.connections} connections, ${options.pairs} rounds with slices of ${options.seconds} s`);
    for (let round = 0; round <= options.pairs; round += 1) {
      for (const contest of contests) {
        const outcome = await slice(contest, options, load, probe);
        // In round 0 programs are compiled while they are asked.
        if (round === 0) continue;
        contest.outcomes.push(outcome);
        say(describeSlice(contest, outcome));
      }
    }
    say(`\n${table(contests)}\n\nmedian ratio of the pairs, in requests/s\n${ratios(contests)}\n`);
    return await check(contests, say);
  } finally {
    for (const program of programs) program.stop();
    await storefront?.system.stop();
    if (options.keep) say(`data and logs are in ${dataDir}`);
    else rmSync(dataDir, { recursive: true, force: true });
  }
}

async function slice({ server, question, url, asked }: Contest, { connections, seconds }: GatewayOptions, load: Program, probe: CpuProbe): Promise<Outcome> {
  load.say({ port: Number(new URL(url).port), requests: asked.map(bytesOf), connections, warmUpMs: WARM_UP_MS, seconds } satisfies LoadOrder);
  await load.hear<'window'>();
  const used = probe();
  const { answers, perSecond, p50Ms, p99Ms, refused } = await load.hear<LoadOutcome>();
  const { [server]: own = Number.NaN, load: its = Number.NaN } = used();
  if (refused > 0) throw new Error(`${server} refused ${String(refused)} of ${String(answers)} requests: ${question}`);
  return { eventsPerSecond: perSecond, p50Ms, p99Ms, applied: answers, extra: { [CPU]: (own * 1_000) / answers, 'µs load': (its * 1_000) / answers } };
}

/** A server that answers something else has no figure. */
async function check(contests: readonly Contest[], say: Say): Promise<boolean> {
  say('answers compared with those the gateway gave first');
  let equal = true;
  for (const contest of contests) {
    const wrong = await differing(contest);
    equal &&= wrong === 0;
    say(`  ${contest.question.padEnd(16)} ${contest.server.padEnd(17)} ${wrong === 0 ? 'equal' : 'DIFFERS: this run is void'}  answers ${contest.asked.length}, differing ${wrong}`);
  }
  return equal;
}

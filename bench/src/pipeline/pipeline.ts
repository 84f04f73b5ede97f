// The lines in turn, on the same servers: yardstick, Steward, yardstick, Steward … and the lower mark beside them.
// A single figure says little on a machine with neighbours; the median of the pairs' ratios does (T4, T5).
import { randomBytes } from 'node:crypto';
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortPlan, startSystem, type System } from '@steward/start';
import { Client } from 'pg';
import { cpuProbeOf } from '../yardstick/cpu';
import { openLimit } from '../yardstick/limit';
import type { Line, LineServers, Load, Outcome } from '../yardstick/line';
import { openNaive } from '../yardstick/naive';
import { openExternal } from './external';
import type { PipelineOptions } from './options';
import { describeCheck, describeSlice, machine, nameOf, pairRatio, ratioLine, table, type Measured } from './report';
import { openSteward } from './steward';

export type Say = (line: string) => void;

export const BENCH_USER = 'bench';

/** True when nobody lost or doubled anything; the ratios are told, not judged: one run on one machine is no gate. */
export async function runPipeline(options: PipelineOptions, say: Say): Promise<boolean> {
  const dataDir = mkdtempSync(join(tmpdir(), 'steward-bench-'));
  chmodSync(dataDir, 0o755); // as root, PostgreSQL runs as somebody else and has its folder in there
  const password = randomBytes(18).toString('base64url');
  const ports = await freePortPlan();
  const system = await startSystem({
    dataDir,
    ports,
    note: say,
    // What the stand-in for a system of record does to keep its own data is no part of the line.
    env: { sandbox: { STEWARD_SANDBOX_DATA: '' } },
    // An account beside Steward's: the yardstick makes its own streams, and nobody of Steward may see them.
    brokerConfig: (config) => withAccount(config, password, options.yardstick !== undefined),
  });
  const lines: Line[] = [];
  try {
    const nats = { url: `nats://127.0.0.1:${ports['nats-server']}`, user: BENCH_USER, pass: password };
    const probe = cpuProbeOf(Object.fromEntries(Object.entries(system.processes).map(([name, running]) => [name, running.pid])));
    const limit = await serversFor(system, 'bench_limit', nats);
    const yardstick = options.yardstick === undefined ? await openLimit(limit, 'steward', probe) : openExternal(options.yardstick, limit);
    lines.push(yardstick);
    const lower = await openNaive(await serversFor(system, 'bench_naive', nats), probe);
    lines.push(lower);
    const steward = await openSteward(system, { keys: options.keys, probe, note: say });
    lines.push(steward);
    say(machine({ Node: process.version, PostgreSQL: await postgresVersion(system), 'nats-server': system.natsVersion }));
    const measured = await measure(options, { yardstick, lower, steward }, say);
    return await conclude(lines, measured, { yardstick, lower, steward }, say);
  } finally {
    for (const line of lines) await line.close();
    await system.stop();
    if (options.keep) say(`data and logs are in ${dataDir}`);
    else rmSync(dataDir, { recursive: true, force: true });
  }
}

interface Lines {
  readonly yardstick: Line;
  readonly lower: Line;
  readonly steward: Line;
}

async function measure(options: PipelineOptions, { yardstick, lower, steward }: Lines, say: Say): Promise<Measured[]> {
  const saturation: Load = { kind: 'saturation' };
  // The lower mark can't hold the rates at which latency is asked for.
  const measured = await inTurn(options, saturation, [yardstick, steward, lower], say);
  for (const perSecond of options.rates) measured.push(...(await inTurn(options, { kind: 'rate', perSecond }, [yardstick, steward], say)));
  return measured;
}

export async function inTurn(options: PipelineOptions, load: Load, lines: readonly Line[], say: Say): Promise<Measured[]> {
  const outcomes = lines.map((): Outcome[] => []);
  say(`${nameOf(load)}: ${options.pairs} slices of ${options.seconds} s each, in turn`);
  for (let pair = 0; pair < options.pairs; pair += 1) {
    for (const [index, line] of lines.entries()) {
      const outcome = await line.slice(load, options.seconds);
      outcomes[index]?.push(outcome);
      say(describeSlice(line, load, outcome));
    }
  }
  return lines.map((line, index) => ({ line, load, outcomes: outcomes[index] ?? [] }));
}

async function conclude(lines: readonly Line[], measured: readonly Measured[], { yardstick, lower, steward }: Lines, say: Say): Promise<boolean> {
  const of = (line: Line, load: Load) => measured.find((one) => one.line === line && nameOf(one.load) === nameOf(load))?.outcomes ?? [];
  const loads = new Map(measured.map(({ load }) => [nameOf(load), load]));
  say(`\n${table(measured)}\n\nmedian ratio of the pairs`);
  for (const load of loads.values()) {
    const [ours, theirs] = [of(steward, load), of(yardstick, load)];
    if (load.kind === 'saturation') {
      say(ratioLine('events/s, Steward : yardstick', pairRatio(ours, theirs, (one) => one.eventsPerSecond), '≥ 0.5, goal 0.8'));
      say(ratioLine('events/s, Steward : lower mark', pairRatio(ours, of(lower, load), (one) => one.eventsPerSecond), '≥ 6'));
    } else {
      say(ratioLine(`p50 at ${nameOf(load)}, Steward : yardstick`, pairRatio(ours, theirs, (one) => one.p50Ms), '≤ 3'));
      say(ratioLine(`p99 at ${nameOf(load)}, Steward : yardstick`, pairRatio(ours, theirs, (one) => one.p99Ms), '≤ 3'));
    }
  }
  return compareEnds(lines, say);
}

/** Tells of each line whether both its ends hold the same; a difference voids the run. */
export async function compareEnds(lines: readonly Line[], say: Say): Promise<boolean> {
  say('\nboth ends compared');
  let equal = true;
  for (const line of lines) {
    const check = await line.check();
    equal &&= check.ok;
    say(describeCheck(line, check));
  }
  return equal;
}

/** Programs from outside may not know how to log in, so for them the account takes whoever comes without a name. */
export function withAccount(config: string, password: string, open: boolean): string {
  const account = `BENCH { jetstream: enabled, users: [{ user: "${BENCH_USER}", password: "${password}" }] }`;
  return config.replace('accounts {', `accounts {\n  ${account}`) + (open ? `no_auth_user: ${BENCH_USER}\n` : '');
}

export async function serversFor(system: System, database: string, nats: LineServers['nats']): Promise<LineServers> {
  const admin = new Client({ connectionString: system.adminUrl });
  await admin.connect();
  await admin.query(`create database ${database}`);
  await admin.end();
  const url = new URL(system.adminUrl);
  url.pathname = `/${database}`;
  return { postgresUrl: url.href, nats };
}

export async function postgresVersion(system: System): Promise<string> {
  const admin = new Client({ connectionString: system.adminUrl });
  await admin.connect();
  const { rows } = await admin.query<{ server_version: string }>('show server_version');
  await admin.end();
  return rows[0]?.server_version ?? 'unknown';
}

// The lines in turn, on the same servers: yardstick, Steward, yardstick, Steward … and the lower mark beside them.
// A single figure says little on a machine with neighbours; the median of the pairs' ratios does (T4, T5).
import { benchAccount, onSystem, postgresVersion, probeOf } from '../on-system';
import { openLimit } from '../yardstick/limit';
import type { Line, Load, Outcome } from '../yardstick/line';
import { openNaive } from '../yardstick/naive';
import { openExternal } from './external';
import type { PipelineOptions } from './options';
import { describeCheck, describeSlice, machine, nameOf, pairRatio, ratioLine, table, type Measured, type Say } from './report';
import { openSteward } from './steward';

/** True when nobody lost or doubled anything; the ratios are told, not judged: one run on one machine is no gate. */
export function runPipeline(options: PipelineOptions, say: Say): Promise<boolean> {
  const account = benchAccount({ open: options.yardstick !== undefined });
  return onSystem({ say, keep: options.keep, brokerConfig: account.brokerConfig }, async (system) => {
    const lines: Line[] = [];
    try {
      const probe = probeOf(system);
      const limit = await account.serversOf(system, 'bench_limit');
      const yardstick = options.yardstick === undefined ? await openLimit(limit, 'steward', probe) : openExternal(options.yardstick, limit);
      lines.push(yardstick);
      const lower = await openNaive(await account.serversOf(system, 'bench_naive'), probe);
      lines.push(lower);
      const steward = await openSteward(system, { keys: options.keys, probe, note: say });
      lines.push(steward);
      say(machine({ Node: process.version, PostgreSQL: await postgresVersion(system), 'nats-server': system.natsVersion }));
      const measured = await measure(options, { yardstick, lower, steward }, say);
      return await conclude(lines, measured, { yardstick, lower, steward }, say);
    } finally {
      for (const line of lines) await line.close();
    }
  });
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

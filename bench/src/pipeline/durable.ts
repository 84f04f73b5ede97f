// What it costs that the broker has every message on its disk before it acknowledges (B1): two whole systems, in turn. The durable
// one runs its adapters in production mode, where they refuse a broker that operations could not attest.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortPlan, startSystem, type System } from '@steward/start';
import { cpuProbeOf } from '../yardstick/cpu';
import type { Line, Load } from '../yardstick/line';
import type { PipelineOptions } from './options';
import { compareEnds, inTurn, type Say } from './pipeline';
import { machine, nameOf, pairRatio, ratioLine, table, type Measured } from './report';
import { openSteward } from './steward';

const production = { STEWARD_MODE: 'production' };

export async function runDurable(options: PipelineOptions, say: Say): Promise<boolean> {
  const dataDir = mkdtempSync(join(tmpdir(), 'steward-bench-'));
  chmodSync(dataDir, 0o755); // as root, PostgreSQL runs as somebody else and has its folder in there
  const systems: System[] = [];
  const lines: Line[] = [];
  const open = async (name: string, syncAlways: boolean): Promise<Line> => {
    const adapters = syncAlways ? { pim: production, erp: production, pricing: production } : {};
    const system = await startSystem({ dataDir: join(dataDir, syncAlways ? 'always' : 'lazy'), ports: await freePortPlan(), note: say, syncAlways, env: { sandbox: { STEWARD_SANDBOX_DATA: '' }, ...adapters } });
    systems.push(system);
    const probe = cpuProbeOf(Object.fromEntries(Object.entries(system.processes).map(([process, running]) => [process, running.pid])));
    const line = { ...(await openSteward(system, { keys: options.keys, probe, note: say })), name };
    lines.push(line);
    return line;
  };
  try {
    const lazy = await open('lazy broker', false);
    const always = await open('sync_interval: always', true);
    say(machine({ Node: process.version, 'nats-server': systems[0]?.natsVersion ?? 'unknown' }));
    const loads: Load[] = [{ kind: 'saturation' }, ...options.rates.map((perSecond): Load => ({ kind: 'rate', perSecond }))];
    const measured: Measured[] = [];
    for (const load of loads) measured.push(...(await inTurn(options, load, [lazy, always], say)));
    say(`\n${table(measured)}\n\nmedian ratio of the pairs`);
    for (const load of loads) {
      const of = (line: Line) => measured.find((one) => one.line === line && one.load === load)?.outcomes ?? [];
      if (load.kind === 'saturation') say(ratioLine('events/s, always : lazy', pairRatio(of(always), of(lazy), (one) => one.eventsPerSecond), '≥ 0.8'));
      else say(ratioLine(`p50 at ${nameOf(load)}, always : lazy`, pairRatio(of(always), of(lazy), (one) => one.p50Ms), 'told'));
    }
    return await compareEnds(lines, say);
  } finally {
    for (const line of lines) await line.close();
    for (const system of systems) await system.stop();
    if (options.keep) say(`data and logs are in ${dataDir}`);
    else rmSync(dataDir, { recursive: true, force: true });
  }
}

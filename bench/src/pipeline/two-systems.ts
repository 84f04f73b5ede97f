// What one thing costs that Steward does: two whole systems that differ in nothing else, in turn.
import { chmodSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { freePortPlan, startSystem, type System, type SystemOptions } from '@steward/start';
import { Client } from 'pg';
import { cpuProbeOf } from '../yardstick/cpu';
import type { Line, Load } from '../yardstick/line';
import type { PipelineOptions } from './options';
import { compareEnds, inTurn, type Say } from './pipeline';
import { machine, nameOf, pairRatio, ratioLine, table, type Measured } from './report';
import { openSteward } from './steward';

interface Variant {
  readonly name: string;
  readonly system: Pick<SystemOptions, 'syncAlways' | 'env'>;
  /** Whether it differs as it should; undefined when nothing can be seen of it. */
  readonly isSo?: (system: System) => Promise<boolean>;
}

interface Contest {
  /** What is dearer, then what it is held against. */
  readonly variants: readonly [Variant, Variant];
  readonly what: string;
  readonly wanted: string;
}

const production = { STEWARD_MODE: 'production' };

/**
 * The broker has every message on its disk before it acknowledges (B1). The durable system runs its adapters in production mode, where
 * they refuse a broker that operations could not attest.
 */
const durable: Contest = {
  variants: [
    { name: 'sync_interval: always', system: { syncAlways: true, env: { pim: production, erp: production, pricing: production } } },
    { name: 'lazy broker', system: {} },
  ],
  what: 'always : lazy',
  wanted: '≥ 0.8',
};

const writers = ['pim', 'erp', 'pricing', 'crm', 'oms', 'gateway-projector', 'reconciliation', 'operations'] as const;
const without = { NODE_OPTIONS: `--require ${JSON.stringify(join(__dirname, 'without-digests.js'))}` };

async function keepsDigests(system: System): Promise<boolean> {
  const kept = await Promise.all((['pim', 'gateway'] as const).map(async (owner) => {
    const client = new Client({ connectionString: system.databaseUrl(owner) });
    await client.connect();
    return client.query<{ kept: boolean }>('select exists (select from digest_leaf) or exists (select from digest_change) as kept').then(({ rows }) => rows[0]?.kept === true).finally(() => client.end());
  }));
  return kept.every(Boolean);
}

/** Digests are kept as states change (X1, ADR 0020): by the statement that announces, and by the gate. */
const digests: Contest = {
  variants: [
    { name: 'digests kept', system: {}, isSo: keepsDigests },
    { name: 'without digests', system: { env: Object.fromEntries(writers.map((name) => [name, without])) }, isSo: async (system) => !(await keepsDigests(system)) },
  ],
  what: 'with : without digests',
  wanted: '≥ 0.85',
};

export const contests = { durable, digests };

export async function runTwoSystems(options: PipelineOptions, { variants, what, wanted }: Contest, say: Say): Promise<boolean> {
  const dataDir = mkdtempSync(join(tmpdir(), 'steward-bench-'));
  chmodSync(dataDir, 0o755); // as root, PostgreSQL runs as somebody else and has its folder in there
  const systems: System[] = [];
  const lines: Line[] = [];
  const open = async ({ name, system: { env, ...rest } }: Variant): Promise<Line> => {
    const system = await startSystem({ dataDir: join(dataDir, String(systems.length)), ports: await freePortPlan(), note: say, env: { sandbox: { STEWARD_SANDBOX_DATA: '' }, ...env }, ...rest });
    systems.push(system);
    const probe = cpuProbeOf(Object.fromEntries(Object.entries(system.processes).map(([process, running]) => [process, running.pid])));
    const line = { ...(await openSteward(system, { keys: options.keys, probe, note: say })), name };
    lines.push(line);
    return line;
  };
  try {
    const [plain, other] = [await open(variants[1]), await open(variants[0])];
    say(machine({ Node: process.version, 'nats-server': systems[0]?.natsVersion ?? 'unknown' }));
    const loads: Load[] = [{ kind: 'saturation' }, ...options.rates.map((perSecond): Load => ({ kind: 'rate', perSecond }))];
    const measured: Measured[] = [];
    for (const load of loads) measured.push(...(await inTurn(options, load, [plain, other], say)));
    say(`\n${table(measured)}\n\nmedian ratio of the pairs`);
    for (const load of loads) {
      const of = (line: Line) => measured.find((one) => one.line === line && one.load === load)?.outcomes ?? [];
      if (load.kind === 'saturation') say(ratioLine(`events/s, ${what}`, pairRatio(of(other), of(plain), (one) => one.eventsPerSecond), wanted));
      else say(ratioLine(`p50 at ${nameOf(load)}, ${what}`, pairRatio(of(other), of(plain), (one) => one.p50Ms), 'told'));
    }
    const equal = await compareEnds(lines, say);
    const asMeant = await Promise.all([variants[1], variants[0]].map(async ({ name, isSo }, index) => {
      const system = systems[index];
      const is = system === undefined || isSo === undefined || (await isSo(system));
      if (!is) say(`  ${name} is not what it says: this run is void`);
      return is;
    }));
    return equal && asMeant.every(Boolean);
  } finally {
    for (const line of lines) await line.close();
    for (const system of systems) await system.stop();
    if (options.keep) say(`data and logs are in ${dataDir}`);
    else rmSync(dataDir, { recursive: true, force: true });
  }
}

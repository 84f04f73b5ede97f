// What one thing costs that Steward does: two whole systems that differ in nothing else, in turn.
import { join } from 'node:path';
import type { System, SystemOptions } from '@steward/start';
import { Client } from 'pg';
import { onSystem, probeOf } from '../on-system';
import type { Line, Load } from '../yardstick/line';
import type { PipelineOptions } from './options';
import { compareEnds, inTurn } from './pipeline';
import { machine, nameOf, pairRatio, ratioLine, table, type Measured, type Say } from './report';
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

export function runTwoSystems(options: PipelineOptions, contest: Contest, say: Say): Promise<boolean> {
  const [dearer, other] = contest.variants;
  return onVariant(other, options, say, (plain) => onVariant(dearer, options, say, (dear) => compare(options, contest, { plain, dear }, say)));
}

interface Opened {
  readonly system: System;
  readonly line: Line;
}

const onVariant = <T>({ name, system: options }: Variant, { keys, keep }: PipelineOptions, say: Say, work: (opened: Opened) => Promise<T>): Promise<T> =>
  onSystem({ ...options, say, keep }, async (system) => {
    const line = { ...(await openSteward(system, { keys, probe: probeOf(system), note: say })), name };
    try {
      return await work({ system, line });
    } finally {
      await line.close();
    }
  });

async function compare(options: PipelineOptions, { variants, what, wanted }: Contest, { plain, dear }: { readonly plain: Opened; readonly dear: Opened }, say: Say): Promise<boolean> {
  say(machine({ Node: process.version, 'nats-server': plain.system.natsVersion }));
  const loads: Load[] = [{ kind: 'saturation' }, ...options.rates.map((perSecond): Load => ({ kind: 'rate', perSecond }))];
  const measured: Measured[] = [];
  for (const load of loads) measured.push(...(await inTurn(options, load, [plain.line, dear.line], say)));
  say(`\n${table(measured)}\n\nmedian ratio of the pairs`);
  for (const load of loads) {
    const of = ({ line }: Opened) => measured.find((one) => one.line === line && one.load === load)?.outcomes ?? [];
    if (load.kind === 'saturation') say(ratioLine(`events/s, ${what}`, pairRatio(of(dear), of(plain), (one) => one.eventsPerSecond), wanted));
    else say(ratioLine(`p50 at ${nameOf(load)}, ${what}`, pairRatio(of(dear), of(plain), (one) => one.p50Ms), 'told'));
  }
  const equal = await compareEnds([plain.line, dear.line], say);
  const asMeant = await Promise.all([dear, plain].map(async ({ system }, index) => {
    const { name, isSo } = variants[index] as Variant;
    const is = isSo === undefined || (await isSo(system));
    if (!is) say(`  ${name} is not what it says: this run is void`);
    return is;
  }));
  return equal && asMeant.every(Boolean);
}

// What the benchmarks of whole systems share: how one begins and ends, and what is asked of it beside Steward.
import { randomBytes } from 'node:crypto';
import { rmSync } from 'node:fs';
import { freePortPlan, scratchFolder, startSystem, type System, type SystemOptions } from '@steward/start';
import { Client } from 'pg';
import type { Say } from './pipeline/report';
import { cpuProbeOf, type CpuProbe } from './yardstick/cpu';
import type { LineServers } from './yardstick/line';

export interface OnSystem extends Omit<SystemOptions, 'dataDir' | 'ports' | 'note'> {
  readonly say: Say;
  /** Leaves data and logs behind and says where. */
  readonly keep?: boolean;
}

/** Does its work on a system of its own, which has ended when this resolves, whatever the work came to. */
export async function onSystem<T>({ say, keep = false, env, ...options }: OnSystem, work: (system: System) => Promise<T>): Promise<T> {
  const dataDir = scratchFolder('bench');
  // What the stand-in for the systems of record does to keep its own data is no part of what is measured.
  const sandbox = { STEWARD_SANDBOX_DATA: '', ...env?.sandbox };
  const system = await startSystem({ ...options, dataDir, ports: await freePortPlan(), note: say, env: { ...env, sandbox } });
  try {
    return await work(system);
  } finally {
    await system.stop();
    if (keep) say(`data and logs are in ${dataDir}`);
    else rmSync(dataDir, { recursive: true, force: true });
  }
}

export const probeOf = ({ processes }: System): CpuProbe => cpuProbeOf(Object.fromEntries(Object.entries(processes).map(([name, { pid }]) => [name, pid])));

export async function postgresVersion(system: System): Promise<string> {
  return asAdmin(system, async (admin) => (await admin.query<{ server_version: string }>('show server_version')).rows[0]?.server_version ?? 'unknown');
}

export interface BenchAccount {
  readonly brokerConfig: (config: string) => string;
  /** A new database and the account, on the servers that the system uses itself. */
  readonly serversOf: (system: System, database: string) => Promise<LineServers>;
}

/**
 * An account beside Steward's: what Steward is held against makes its own streams, and nobody of Steward may see them. `open` takes whoever
 * comes without a name; programs from outside may not know how to log in.
 */
export function benchAccount({ open }: { readonly open: boolean }): BenchAccount {
  const [user, pass] = ['bench', randomBytes(18).toString('base64url')];
  const account = `BENCH { jetstream: enabled, users: [{ user: "${user}", password: "${pass}" }] }`;
  return {
    brokerConfig: (config) => config.replace('accounts {', `accounts {\n  ${account}`) + (open ? `no_auth_user: ${user}\n` : ''),
    serversOf: async (system, database) => {
      await asAdmin(system, (admin) => admin.query(`create database ${database}`));
      const url = new URL(system.adminUrl);
      url.pathname = `/${database}`;
      return { postgresUrl: url.href, nats: { url: `nats://127.0.0.1:${system.ports['nats-server']}`, user, pass } };
    },
  };
}

async function asAdmin<T>({ adminUrl }: System, work: (admin: Client) => Promise<T>): Promise<T> {
  const admin = new Client({ connectionString: adminUrl });
  await admin.connect();
  try {
    return await work(admin);
  } finally {
    await admin.end();
  }
}

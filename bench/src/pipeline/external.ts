// A yardstick from outside, for whoever doubts ours: a program that takes PG_URL, NATS_URL, SECS and RATE, is called with
// `max` or `latency` and prints one line of JSON with events_per_s, p50_ms and p99_ms, and one with its own check.
import { spawn } from 'node:child_process';
import type { Check, Line, LineServers, Load, Outcome } from '../yardstick/line';

interface Printed {
  readonly events_per_s?: number;
  readonly p50_ms?: number;
  readonly p99_ms?: number;
  readonly applied?: number;
  readonly check?: { readonly ok: boolean };
}

export function openExternal(path: string, servers: LineServers): Line {
  let checks = 0;
  let failed = 0;
  return {
    name: 'external yardstick',
    slice: async (load, seconds) => {
      const printed = await run(path, servers, load, seconds);
      checks += 1;
      if (!printed.some(({ check }) => check?.ok === true)) failed += 1;
      const row = printed.find((line) => line.events_per_s !== undefined);
      if (row === undefined) throw new Error(`${path} printed no figure`);
      return { eventsPerSecond: row.events_per_s ?? 0, p50Ms: row.p50_ms ?? Number.NaN, p99Ms: row.p99_ms ?? Number.NaN, applied: row.applied ?? 0 } satisfies Outcome;
    },
    check: () => Promise.resolve<Check>({ ok: failed === 0, counts: { checks, failed } }),
    close: () => Promise.resolve(),
  };
}

function run(path: string, servers: LineServers, load: Load, seconds: number): Promise<Printed[]> {
  const env = {
    ...process.env,
    PG_URL: servers.postgresUrl,
    NATS_URL: servers.nats.url,
    MSGID: '1',
    TRIES: '1',
    SECS: String(seconds),
    ...(load.kind === 'rate' ? { RATE: String(load.perSecond) } : {}),
  };
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [path, load.kind === 'rate' ? 'latency' : 'max'], { env, stdio: ['ignore', 'pipe', 'inherit'] });
    let text = '';
    child.stdout.on('data', (chunk: Buffer) => (text += chunk.toString()));
    child.on('error', reject);
    child.on('exit', (code) => {
      if (code !== 0) reject(new Error(`${path} ended with ${code}`));
      else resolve(text.split('\n').filter((line) => line.startsWith('{')).map((line) => JSON.parse(line) as Printed));
    });
  });
}

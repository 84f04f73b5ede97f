import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts process times in hundredths of a second. */
const TICK_MS = 10;

interface Times {
  readonly parent: number;
  readonly ms: number;
}

/** Takes a probe; it answers the CPU milliseconds used since, per process. */
export type CpuProbe = () => () => Readonly<Record<string, number>>;

/** Of these processes with their children, and of this one without. Zeros where there is no /proc. */
export function cpuProbeOf(pids: Readonly<Record<string, number>>): CpuProbe {
  return () => {
    const before = readAll();
    const own = process.cpuUsage();
    return () => {
      const after = readAll();
      const { user, system } = process.cpuUsage(own);
      const used = Object.entries(pids).map(([name, pid]) => {
        const mine = [...after].filter(([child, { parent }]) => child === pid || parent === pid);
        return [name, mine.reduce((sum, [child, { ms }]) => sum + ms - (before.get(child)?.ms ?? 0), 0)] as const;
      });
      return { bench: (user + system) / 1000, ...Object.fromEntries(used) };
    };
  };
}

/** Microseconds of CPU per event, in all and by process; what nobody used is left out. */
export function perEvent(used: Readonly<Record<string, number>>, events: number): Record<string, number> {
  const shares = Object.entries(used).map(([name, ms]) => [name, Math.round((ms * 1000) / Math.max(1, events))] as const);
  const all = shares.reduce((sum, [, share]) => sum + share, 0);
  return Object.fromEntries([['µs in all', all], ...shares.filter(([, share]) => share > 0).map(([name, share]) => [`µs ${name}`, share])]);
}

function readAll(): Map<number, Times> {
  const found = new Map<number, Times>();
  for (const name of list()) {
    try {
      const stat = readFileSync(`/proc/${name}/stat`, 'latin1');
      // The name in parentheses may hold spaces; what follows it is fields 3 and up.
      const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
      found.set(Number(name), { parent: Number(fields[1]), ms: (Number(fields[11]) + Number(fields[12])) * TICK_MS });
    } catch {
      // It ended meanwhile.
    }
  }
  return found;
}

function list(): string[] {
  try {
    return readdirSync('/proc').filter((name) => /^\d+$/.test(name));
  } catch {
    return [];
  }
}

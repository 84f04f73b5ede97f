import { readdirSync, readFileSync } from 'node:fs';

/** Linux counts process times in hundredths of a second. */
const TICK_MS = 10;

interface Times {
  readonly parent: number;
  readonly ms: number;
}

/** CPU milliseconds used per named process, its children included, since the probe was taken. Empty where there is no /proc. */
export function probeCpu(pids: Readonly<Record<string, number>>): () => Record<string, number> {
  const before = readAll();
  return () => {
    const after = readAll();
    return Object.fromEntries(
      Object.entries(pids).map(([name, pid]) => {
        const mine = [...after].filter(([child, { parent }]) => child === pid || parent === pid);
        return [name, mine.reduce((sum, [child, { ms }]) => sum + ms - (before.get(child)?.ms ?? 0), 0)];
      }),
    );
  };
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

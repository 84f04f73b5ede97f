/** What every job can be told: how many it may touch, how fast, and when it stops by itself. */
import type { Values } from '../command';
import { exitCodes, Failure } from '../failure';

export function jobOptions(): readonly (readonly [string, string])[] {
  return [
    ['--confirm-count <n>', 'the count that --dry-run printed; any other is refused'],
    ['--canary <n>', 'this many members go first, alone; one failure among them stops the job'],
    ['--stop-after <n>', 'stop the job after this many failures'],
    ['--per-second <n>', 'at most this many per second'],
  ];
}

export function limitsOf(values: Values): Record<string, number> {
  return Object.fromEntries(
    (['confirmCount', 'canary', 'stopAfter', 'perSecond'] as const).flatMap((name) => {
      const given = values[name];
      if (given === undefined) return [];
      if (!/^[0-9]{1,9}$/.test(String(given))) throw new Failure(exitCodes.usage, `--${name.replaceAll(/[A-Z]/g, (letter) => `-${letter.toLowerCase()}`)} ${String(given)} is no whole number`);
      return [[name, Number(given)]];
    }),
  );
}

import { parseArgs } from 'node:util';

export interface PipelineOptions {
  /** Slices of each line and load. */
  readonly pairs: number;
  readonly seconds: number;
  readonly keys: number;
  readonly rates: readonly number[];
  /** An external yardstick to run instead of ours. */
  readonly yardstick: string | undefined;
  readonly keep: boolean;
  /** Steward on a broker that syncs every message against Steward on one that does not, instead of the yardstick. */
  readonly durable: boolean;
  /** Steward as it is against Steward that keeps no digests, likewise. */
  readonly digests: boolean;
}

export const usage = `npm run bench -- pipeline [--pairs 3] [--seconds 5] [--keys 100000] [--rates 1000,4000] [--durable | --digests] [--keep]
  --pairs     slices of each line and load, in turn (at least 3 for a figure to quote)
  --seconds   length of a slice's window
  --keys      products both ends know beforehand; a slice changes each at most once
  --rates     changes a second for the latencies; 0 for none
  --durable   instead of the yardstick: sync_interval: always against the server's default, in production mode (B1)
  --digests   instead of the yardstick: digests kept as states change (X1) against none
  --keep      leaves data and logs behind and says where
  YARDSTICK=<path> runs that program instead of the yardstick of this folder`;

const AROUND_WINDOW_SECONDS = 4;

/** An answer that is text is a fault to show. */
export function parseOptions(args: readonly string[], yardstick: string | undefined): PipelineOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        pairs: { type: 'string', default: '3' },
        seconds: { type: 'string', default: '5' },
        keys: { type: 'string', default: '100000' },
        rates: { type: 'string', default: '1000,4000' },
        keep: { type: 'boolean', default: false },
        durable: { type: 'boolean', default: false },
        digests: { type: 'boolean', default: false },
      },
    });
    if (values.durable && values.digests) return '--durable and --digests are two comparisons';
    const rates = values.rates.split(',').map((text) => wholeNumber('rates', text, 0)).filter((rate) => rate > 0);
    const seconds = wholeNumber('seconds', values.seconds, 1);
    // A slice changes an entity once, and goes on a little before and after its window.
    const keys = wholeNumber('keys', values.keys, Math.max(1_000, Math.max(0, ...rates) * (seconds + AROUND_WINDOW_SECONDS)));
    return { pairs: wholeNumber('pairs', values.pairs, 1), seconds, keys, rates, yardstick: yardstick === '' ? undefined : yardstick, keep: values.keep, durable: values.durable, digests: values.digests };
  } catch (fault) {
    return (fault as Error).message;
  }
}

export function wholeNumber(name: string, text: string, least: number): number {
  const value = Number(text);
  if (!Number.isInteger(value) || value < least) throw new RangeError(`--${name} ${text}: a whole number from ${least} on is accepted`);
  return value;
}

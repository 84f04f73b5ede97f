import { parseArgs } from 'node:util';
import { wholeNumber } from '../pipeline/options';

export interface ReconcileOptions {
  readonly keys: number;
  readonly differences: number;
  readonly pairs: number;
}

export const usage = `npm run bench -- reconcile [--keys 1000000] [--differences 100] [--pairs 3]
  --keys         states on each end; a tenth of them are compared beside them
  --differences  of which a third each are missing, older, or there and should not be
  --pairs        how often each way is measured, in turn`;

/** An answer that is text is a fault to show. */
export function parseOptions(args: readonly string[]): ReconcileOptions | string {
  try {
    const { values } = parseArgs({ args: [...args], options: { keys: { type: 'string', default: '1000000' }, differences: { type: 'string', default: '100' }, pairs: { type: 'string', default: '3' } } });
    return { keys: wholeNumber('keys', values.keys, 1_000), differences: wholeNumber('differences', values.differences, 1), pairs: wholeNumber('pairs', values.pairs, 1) };
  } catch (fault) {
    return (fault as Error).message;
  }
}

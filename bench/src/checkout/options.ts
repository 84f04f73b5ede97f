import { parseArgs } from 'node:util';
import { wholeNumber } from '../pipeline/options';

export interface CheckoutOptions {
  readonly rate: number;
  readonly seconds: number;
  readonly pairs: number;
  readonly skus: number;
}

export const usage = `npm run bench -- checkout [--rate 50] [--seconds 10] [--pairs 7] [--skus 20]
  --rate     orders a second, whether earlier ones are served or not
  --seconds  length of a slice
  --pairs    slices of each kind, in turn; one more pair warms up
  --skus     SKUs that are ordered, all with enough stock`;

/** An answer that is text is a fault to show. */
export function parseOptions(args: readonly string[]): CheckoutOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { rate: { type: 'string', default: '50' }, seconds: { type: 'string', default: '10' }, pairs: { type: 'string', default: '7' }, skus: { type: 'string', default: '20' } },
    });
    return { rate: wholeNumber('rate', values.rate, 1), seconds: wholeNumber('seconds', values.seconds, 1), pairs: wholeNumber('pairs', values.pairs, 1), skus: wholeNumber('skus', values.skus, 1) };
  } catch (fault) {
    return (fault as Error).message;
  }
}

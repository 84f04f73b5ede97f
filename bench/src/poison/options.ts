import { parseArgs } from 'node:util';
import { wholeNumber } from '../pipeline/options';

export interface PoisonOptions {
  readonly keys: number;
  readonly poison: number;
  readonly pairs: number;
  readonly rate: number;
}

export const usage = `npm run bench -- poison [--keys 2000] [--poison 20] [--pairs 7] [--rate 400]
  --keys    products that change once in each slice
  --poison  of which the gateway's database refuses so many in every second slice
  --pairs   slices with and without, in turn
  --rate    changes a second`;

/** An answer that is text is a fault to show. */
export function parseOptions(args: readonly string[]): PoisonOptions | string {
  try {
    const { values } = parseArgs({ args: [...args], options: { keys: { type: 'string', default: '2000' }, poison: { type: 'string', default: '20' }, pairs: { type: 'string', default: '7' }, rate: { type: 'string', default: '400' } } });
    const poison = wholeNumber('poison', values.poison, 1);
    return { poison, keys: wholeNumber('keys', values.keys, poison + 1), pairs: wholeNumber('pairs', values.pairs, 1), rate: wholeNumber('rate', values.rate, 1) };
  } catch (fault) {
    return (fault as Error).message;
  }
}

import { parseArgs } from 'node:util';
import { wholeNumber } from '../pipeline/options';

export interface ReservationOptions {
  readonly pairs: number;
  readonly seconds: number;
  /** Requests that wait together, as they do in the hand of a consumer. */
  readonly batch: number;
  /** Shoppers at the same time, of those who each have a transaction of their own. */
  readonly clients: number;
  /** SKUs that everybody wants. */
  readonly hot: number;
}

export const usage = `npm run bench -- reservations [--pairs 7] [--seconds 3] [--batch 500] [--clients 64] [--hot 20]
  --pairs    how often each way is measured, in turn
  --seconds  length of a slice
  --batch    requests in one batch of the coalesced way, two batches at the same time
  --clients  transactions at the same time of the other ways
  --hot      SKUs that everybody wants`;

/** An answer that is text is a fault to show. */
export function parseOptions(args: readonly string[]): ReservationOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { pairs: { type: 'string', default: '7' }, seconds: { type: 'string', default: '3' }, batch: { type: 'string', default: '500' }, clients: { type: 'string', default: '64' }, hot: { type: 'string', default: '20' } },
    });
    return {
      pairs: wholeNumber('pairs', values.pairs, 1),
      seconds: wholeNumber('seconds', values.seconds, 1),
      batch: wholeNumber('batch', values.batch, 1),
      clients: wholeNumber('clients', values.clients, 1),
      hot: wholeNumber('hot', values.hot, 1),
    };
  } catch (fault) {
    return (fault as Error).message;
  }
}

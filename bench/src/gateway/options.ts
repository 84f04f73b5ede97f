import { parseArgs } from 'node:util';
import { wholeNumber } from '../pipeline/options';

export interface GatewayOptions {
  /** Rounds; each has a slice of every server and question. */
  readonly pairs: number;
  readonly seconds: number;
  readonly connections: number;
  readonly products: number;
  readonly keep: boolean;
}

export const usage = `npm run bench -- gateway [--pairs 3] [--seconds 4] [--connections 32] [--products 600] [--keep]
  --pairs        rounds; in each every server is asked in turn (at least 3 for a figure to quote)
  --seconds      length of a slice's window
  --connections  kept alive, each with one question under way
  --products     in the catalogue; the questions go round all that are on sale
  --keep         leaves data and logs behind and says where`;

/** An answer that is text is a fault to show. */
export function parseOptions(args: readonly string[]): GatewayOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: {
        pairs: { type: 'string', default: '3' },
        seconds: { type: 'string', default: '4' },
        connections: { type: 'string', default: '32' },
        products: { type: 'string', default: '600' },
        keep: { type: 'boolean', default: false },
      },
    });
    return {
      pairs: wholeNumber('pairs', values.pairs, 1),
      seconds: wholeNumber('seconds', values.seconds, 1),
      connections: wholeNumber('connections', values.connections, 1),
      products: wholeNumber('products', values.products, 100),
      keep: values.keep,
    };
  } catch (fault) {
    return (fault as Error).message;
  }
}

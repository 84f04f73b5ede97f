import { parseArgs } from 'node:util';
import { wholeNumber } from '../pipeline/options';

export interface ImportOptions {
  readonly products: number;
  /** Live changes a second, before and during the import alike. */
  readonly rate: number;
  readonly seconds: number;
  readonly keep: boolean;
}

export const usage = `npm run bench -- import [--products 200000] [--rate 50] [--seconds 10] [--keep]
  --products  how many the system of record holds when the adapter meets it for the first time
  --rate      live changes a second of products that the read model already shows
  --seconds   length of a slice; as many as the import lasts, and as many without it
  --keep      leaves data and logs behind and says where`;

/** An answer that is text is a fault to show. */
export function parseOptions(args: readonly string[]): ImportOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { products: { type: 'string', default: '200000' }, rate: { type: 'string', default: '50' }, seconds: { type: 'string', default: '10' }, keep: { type: 'boolean', default: false } },
    });
    return { products: wholeNumber('products', values.products, 1_000), rate: wholeNumber('rate', values.rate, 1), seconds: wholeNumber('seconds', values.seconds, 1), keep: values.keep };
  } catch (fault) {
    return (fault as Error).message;
  }
}

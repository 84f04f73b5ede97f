import { parseArgs } from 'node:util';
import { wholeNumber } from '../pipeline/options';

export interface DeskOptions {
  readonly letters: number;
  readonly groups: number;
  readonly rounds: number;
  /** Of each round and way. */
  readonly requests: number;
}

export const usage = `npm run bench -- desk [--letters 10000] [--groups 20] [--rounds 8] [--requests 200]
  --letters   open dead letters
  --groups    causes they have
  --rounds    how often each way is measured, in turn
  --requests  pages in a round`;

/** An answer that is text is a fault to show. */
export function parseOptions(args: readonly string[]): DeskOptions | string {
  try {
    const { values } = parseArgs({
      args: [...args],
      options: { letters: { type: 'string', default: '10000' }, groups: { type: 'string', default: '20' }, rounds: { type: 'string', default: '8' }, requests: { type: 'string', default: '200' } },
    });
    return { letters: wholeNumber('letters', values.letters, 1), groups: wholeNumber('groups', values.groups, 1), rounds: wholeNumber('rounds', values.rounds, 1), requests: wholeNumber('requests', values.requests, 1) };
  } catch (fault) {
    return (fault as Error).message;
  }
}

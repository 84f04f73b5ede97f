import { parseArgs } from 'node:util';
import { optionsOf } from './command-line';

const read = (...args: string[]): object => ({ ...parseArgs({ args, options: { password: { type: 'string' }, help: { type: 'boolean', short: 'h' } } }).values });

describe('options of a command line', () => {
  it.each(['plain', '-ahbv', '--help', '-', '', 'a=b', 'with a blank'])('have the value %j as it was given', (value) => {
    expect(read(...optionsOf({ password: value }))).toEqual({ password: value });
  });

  it('T3: in two words such a value is none', () => {
    expect(() => read('--password', '-h')).toThrow('ambiguous');
  });
});

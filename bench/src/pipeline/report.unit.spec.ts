import { median, percentile, type Line, type Outcome } from '../yardstick/line';
import { parseOptions } from './options';
import { describeCheck, pairRatio, table } from './report';

const outcome = (eventsPerSecond: number): Outcome => ({ eventsPerSecond, p50Ms: eventsPerSecond / 10, p99Ms: Number.NaN, applied: 1 });
const line: Line = { name: 'a line', slice: () => Promise.resolve(outcome(1)), check: () => Promise.resolve({ ok: true, counts: {} }), close: () => Promise.resolve() };

test('a ratio is taken of neighbours in time, and the median of the ratios is told, not the ratio of the medians', () => {
  const ratio = pairRatio([outcome(10), outcome(10), outcome(30)], [outcome(20), outcome(10), outcome(10)], (one) => one.eventsPerSecond);
  expect(ratio).toEqual({ median: 1, all: [0.5, 1, 3] });
});

test('percentiles are by nearest rank, and nothing measured is no number', () => {
  const values = Array.from({ length: 100 }, (_, index) => 100 - index);
  expect([percentile(values, 0.5), percentile(values, 0.99)]).toEqual([51, 100]);
  expect(percentile([], 0.5)).toBeNaN();
  expect(median([4, 1, 2, 3])).toBe(2.5);
});

test('the table has the median of a line’s slices, and a dash where it has no figure', () => {
  expect(table([{ line, load: { kind: 'rate', perSecond: 1_000 }, outcomes: [outcome(3_000), outcome(1_000), outcome(2_000)] }]).split('\n').at(-1)).toBe(
    '| 1000/s | a line | 2,000 | 200 | – | 3 |',
  );
});

test('T5: a line whose ends differ voids the run, in words', () => {
  expect(describeCheck(line, { ok: false, counts: { differing: 2 } })).toMatch(/void.*differing 2/);
});

describe('options', () => {
  test('have defaults that give a figure to quote', () => {
    expect(parseOptions([], undefined)).toEqual({ pairs: 3, seconds: 5, keys: 100_000, rates: [1_000, 4_000], yardstick: undefined, keep: false, durable: false, digests: false });
    expect(parseOptions(['--rates', '0', '--keep'], 'x.mjs')).toMatchObject({ rates: [], keep: true, yardstick: 'x.mjs' });
  });

  test.each([
    [['--pairs', '0'], '--pairs 0'],
    [['--seconds', 'five'], '--seconds five'],
    [['--keys', '35999'], '--keys 35999: a whole number from 36000 on'],
    [['--fast'], '--fast'],
    [['extra'], 'extra'],
  ])('%j are refused with what was wrong', (args, names) => {
    expect(parseOptions(args, undefined)).toEqual(expect.stringContaining(names));
  });
});

import { parseOptions } from './options';
import { compared } from './report';
import type { Slice } from './live-changes';

const slice = (p50Ms: number): Slice => ({ changes: 10, p50Ms, p99Ms: p50Ms * 2, fromAdapterMs: p50Ms / 2 });

test('phases are told by their medians, and as ratios to the quiet slices of the same turn', () => {
  const lines = compared({ importing: [slice(100), slice(60), slice(90)], 'first full pass': [], quiet: [slice(10), slice(30), slice(30)] }).split('\n');
  expect(lines[2]).toBe('| importing | 3 | 30 | 90 | 180 | 45 | 3 (10, 2, 3) | 3 (10, 2, 3) |');
  expect(lines[3]).toBe('| first full pass | 0 | 0 | – | – | – | – | – |');
  expect(lines[4]).toBe('| quiet | 3 | 30 | 30 | 60 | 15 |  |  |');
});

test('options have the defaults of a run to quote, and are refused with what was wrong', () => {
  expect(parseOptions([])).toEqual({ products: 200_000, rate: 50, seconds: 10, keep: false });
  expect(parseOptions(['--products', '10'])).toMatch('--products 10: a whole number from 1000 on');
});

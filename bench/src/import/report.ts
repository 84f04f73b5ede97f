import { median } from '../yardstick/line';
import type { Slice } from './live-changes';

/** Each phase's live changes, and as ratios of its slices to the quiet ones in the order of time: a table in Markdown, ready for bench/README.md. */
export function compared(phases: Readonly<Record<string, readonly Slice[]>> & { readonly quiet: readonly Slice[] }): string {
  const rows = Object.entries(phases).map(([phase, slices]) => {
    const figure = (of: (slice: Slice) => number): string => whole(median(slices.map(of)));
    const ratio = (of: (slice: Slice) => number): string => (slices === phases.quiet ? '' : ratioText(slices, phases.quiet, of));
    const count = slices.reduce((sum, { changes }) => sum + changes, 0);
    return `| ${phase} | ${slices.length} | ${count} | ${figure(({ p50Ms }) => p50Ms)} | ${figure(({ p99Ms }) => p99Ms)} | ${figure(({ fromAdapterMs }) => fromAdapterMs)} | ${ratio(({ p50Ms }) => p50Ms)} | ${ratio(({ p99Ms }) => p99Ms)} |`;
  });
  return ["| phase | slices | live changes | p50 ms | p99 ms | p50 from the adapter's read | p50 : quiet | p99 : quiet |", '|---|---|---|---|---|---|---|---|', ...rows].join('\n');
}

/** The median of the pairs, then its pairs: slice by slice, the quiet ones again from the first when there are fewer. */
function ratioText(slices: readonly Slice[], quiet: readonly Slice[], of: (slice: Slice) => number): string {
  const all = slices.map((slice, index) => of(slice) / of(quiet[index % quiet.length] ?? slice));
  return all.length === 0 ? '–' : `${tenth(median(all))} (${all.map(tenth).join(', ')})`;
}

const whole = (value: number): string => (Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–');
const tenth = (value: number): string => String(Math.round(value * 10) / 10);

import { cpus, totalmem } from 'node:os';
import { median, type Check, type Line, type Load, type Outcome } from '../yardstick/line';

export type Say = (line: string) => void;

export interface Measured {
  readonly line: Line;
  readonly load: Load;
  readonly outcomes: readonly Outcome[];
}

export const nameOf = (load: Load): string => (load.kind === 'rate' ? `${load.perSecond}/s` : 'saturation');

const whole = (value: number): string => (Number.isFinite(value) ? Math.round(value).toLocaleString('en') : '–');
const tenth = (value: number): string => (Number.isFinite(value) ? String(Math.round(value * 10) / 10) : '–');
const ratioText = (value: number): string => (Number.isFinite(value) ? String(Math.round(value * 100) / 100) : '–');

export function describeSlice(line: Line, load: Load, outcome: Outcome): string {
  const times = Number.isFinite(outcome.p50Ms) ? `, p50 ${tenth(outcome.p50Ms)} ms, p99 ${tenth(outcome.p99Ms)} ms` : '';
  const extra = Object.entries(outcome.extra ?? {}).map(([name, value]) => `${name} ${tenth(value)}`);
  return `  ${nameOf(load).padEnd(11)} ${line.name.padEnd(20)} ${whole(outcome.eventsPerSecond).padStart(7)} events/s${times}${extra.length > 0 ? `  (${extra.join(', ')})` : ''}`;
}

/** The median of the ratios of neighbours in time; both series were measured in turn. */
export function pairRatio(one: readonly Outcome[], other: readonly Outcome[], figure: (outcome: Outcome) => number): { readonly median: number; readonly all: readonly number[] } {
  const all = one.map((outcome, index) => figure(outcome) / figure(other[index] ?? { eventsPerSecond: Number.NaN, p50Ms: Number.NaN, p99Ms: Number.NaN, applied: 0 }));
  return { median: median(all), all };
}

/** A table in Markdown, ready for bench/README.md. */
export function table(measured: readonly Measured[]): string {
  const rows = measured.map(({ line, load, outcomes }) => {
    const figures = (figure: (outcome: Outcome) => number) => median(outcomes.map(figure));
    return `| ${nameOf(load)} | ${line.name} | ${whole(figures((one) => one.eventsPerSecond))} | ${tenth(figures((one) => one.p50Ms))} | ${tenth(figures((one) => one.p99Ms))} | ${outcomes.length} |`;
  });
  return ['| load | line | events/s | p50 ms | p99 ms | slices |', '|---|---|---|---|---|---|', ...rows].join('\n');
}

export function ratioLine(what: string, { median: middle, all }: ReturnType<typeof pairRatio>, wanted: string): string {
  return `  ${what.padEnd(44)} ${ratioText(middle).padStart(6)}   (pairs: ${all.map(ratioText).join(', ')}; wanted: ${wanted})`;
}

export function describeCheck(line: Line, { ok, counts }: Check): string {
  return `  ${line.name.padEnd(20)} ${ok ? 'equal' : 'DIFFERS: this run is void'}  ${Object.entries(counts).map(([name, count]) => `${name} ${count}`).join(', ')}`;
}

export function machine(versions: Readonly<Record<string, string>>): string {
  const [cpu] = cpus();
  const known = Object.entries(versions).map(([name, version]) => `${name} ${version}`);
  return `${cpus().length} × ${cpu?.model.trim() ?? 'unknown CPU'}, ${Math.round(totalmem() / 2 ** 30)} GiB, ${known.join(', ')}`;
}

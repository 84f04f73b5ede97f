import { pairRatio, ratioLine } from '../pipeline/report';
import { median, type Outcome } from '../yardstick/line';
import type { Contest, Question, Server } from './contests';

type Series = Pick<Contest, 'server' | 'question'> & { readonly outcomes: readonly Outcome[] };

interface Wanted {
  readonly ours: Question;
  readonly server: Server;
  readonly theirs: Question;
  readonly least?: number;
}

/** The peers keep no answers: what they execute is held against both of the gateway's ways. */
const wanted: readonly Wanted[] = [
  { ours: 'GraphQL, stored', server: 'node:http', theirs: 'GraphQL, stored', least: 0.55 },
  { ours: 'GraphQL, free', server: 'node:http', theirs: 'GraphQL, free', least: 0.25 },
  { ours: 'product page', server: 'node:http', theirs: 'product page', least: 0.6 },
  { ours: 'list page', server: 'node:http', theirs: 'list page' },
  { ours: 'GraphQL, stored', server: 'Apollo on Express', theirs: 'GraphQL, free', least: 7 },
  { ours: 'GraphQL, free', server: 'Apollo on Express', theirs: 'GraphQL, free', least: 3 },
  { ours: 'GraphQL, stored', server: 'Apollo standalone', theirs: 'GraphQL, free' },
  { ours: 'GraphQL, free', server: 'Apollo standalone', theirs: 'GraphQL, free' },
  { ours: 'GraphQL, stored', server: 'GraphQL Yoga', theirs: 'GraphQL, free', least: 7 },
  { ours: 'GraphQL, free', server: 'GraphQL Yoga', theirs: 'GraphQL, free', least: 3 },
];

/** Microseconds of the server's own CPU per request: neighbours on the machine change it least. */
export const CPU = 'µs CPU';

const whole = (value: number): string => Math.round(value).toLocaleString('en');
const tenth = (value: number): string => String(Math.round(value * 10) / 10);
const hundredth = (value: number): string => String(Math.round(value * 100) / 100);

const cpuOf = ({ extra }: Outcome): number => extra?.[CPU] ?? Number.NaN;

export function describeSlice({ server, question }: Series, { eventsPerSecond, p50Ms, p99Ms, extra = {} }: Outcome): string {
  const used = Object.entries(extra).map(([name, value]) => `${name} ${tenth(value)}`);
  return `  ${question.padEnd(16)} ${server.padEnd(17)} ${whole(eventsPerSecond).padStart(7)} requests/s, p50 ${hundredth(p50Ms)} ms, p99 ${hundredth(p99Ms)} ms  (${used.join(', ')})`;
}

/** A table in Markdown, ready for bench/README.md. */
export function table(all: readonly Series[]): string {
  const rows = all.map(({ server, question, outcomes }) => {
    const middle = (figure: (outcome: Outcome) => number) => median(outcomes.map(figure));
    return `| ${question} | ${server} | ${whole(middle((one) => one.eventsPerSecond))} | ${hundredth(middle((one) => one.p50Ms))} | ${hundredth(middle((one) => one.p99Ms))} | ${tenth(middle(cpuOf))} |`;
  });
  return ['| question | server | requests/s | p50 ms | p99 ms | µs of its CPU |', '|---|---|---|---|---|---|', ...rows].join('\n');
}

/** Two lines each: as the answers came, and per second of the servers' own CPU, which is what remains on cores of their own. */
export function ratios(all: readonly Series[]): string {
  const of = (server: Server, question: Question) => all.find((one) => one.server === server && one.question === question)?.outcomes ?? [];
  return wanted
    .flatMap(({ ours, server, theirs, least }) => [
      ratioLine(`${ours}, gateway : ${server}`, pairRatio(of('gateway', ours), of(server, theirs), (one) => one.eventsPerSecond), least === undefined ? 'none' : `≥ ${String(least)}`),
      ratioLine('  per second of CPU', pairRatio(of('gateway', ours), of(server, theirs), (one) => 1 / cpuOf(one)), 'as above'),
    ])
    .join('\n');
}

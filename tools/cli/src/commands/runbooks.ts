/** Known ways out of known trouble: run, watched, gone on with, ended or taken back. */
import { actOf, type Command, idOf, list, show } from '../command';
import { exitCodes, Failure } from '../failure';
import type { Json } from '../operations.client';

const runOf = ([runbook = '', run = '']: readonly string[]): string => `/runbooks/${encodeURIComponent(runbook)}/runs/${encodeURIComponent(run)}`;

export const runbooks: readonly Command[] = [
  list('runbook', '/runbooks', 'every runbook', [['runbook', 'id'], ['owner', 'owner'], ['title', 'title']], { paged: false }),
  show('runbook', '/runbooks', 'one runbook with its steps'),
  {
    noun: 'runbook', verb: 'run', summary: 'run a runbook step by step; every step is recorded', args: '<id>', acts: true, options: [['--param <name=value...>', 'its parameters']],
    run: async ({ operations, args, values }) => ({ kind: 'one', answer: await operations.post(`/runbooks/${idOf(args)}/runs`, { ...actOf(values), params: paramsOf(values['param']) }) }),
  },
  {
    noun: 'runbook', verb: 'runs', summary: 'who ran it, when and why, newest first', args: '<id>', options: [['--first <n>', 'how many, 1 to 250'], ['--after <cursor>', 'the page after this one; printed at the end of a page']],
    run: async ({ operations, args, values }) => {
      const answer = await operations.get(`/runbooks/${idOf(args)}/runs`, values as Readonly<Record<string, string>>);
      return { kind: 'list', answer, items: (answer['items'] ?? []) as readonly Json[], columns: [['run', 'id'], ['state', 'state'], ['dry', 'dryRun'], ['by', 'actor'], ['asked', 'requestedAt'], ['reason', 'reason']] };
    },
  },
  {
    noun: 'runbook', verb: 'status', summary: 'a run, with what each step found; exit code 1 if it failed', args: '<id> <run>',
    run: async ({ operations, args }) => {
      const answer = await operations.get(runOf(args));
      return { kind: 'one', answer, unhealthy: answer['state'] === 'failed' };
    },
  },
  ofRun('resume', 'go on with the step that failed, or say that what it waited for is done'),
  ofRun('cancel', 'no further step; what was done stays done'),
  ofRun('undo', 'take back what was done, the last command first'),
];

function ofRun(verb: string, summary: string): Command {
  return { noun: 'runbook', verb, summary, args: '<id> <run>', acts: true, run: async ({ operations, args, values }) => ({ kind: 'one', answer: await operations.post(`${runOf(args)}/${verb}`, actOf(values)) }) };
}

function paramsOf(given: unknown): Json {
  const pairs = Array.isArray(given) ? (given as string[]) : [];
  return Object.fromEntries(
    pairs.map((pair) => {
      const at = pair.indexOf('=');
      if (at < 1) throw new Failure(exitCodes.usage, `--param ${pair} is no parameter; accepted: name=value`);
      return [pair.slice(0, at), pair.slice(at + 1)];
    }),
  );
}

/** Bulk work: counted, frozen, paced, and confirmed by whoever had to do it. */
import { act, actOf, type Command, idOf, list, text, type Values } from '../command';
import { exitCodes, Failure } from '../failure';
import type { Json, Operations } from '../operations.client';
import { jobOptions, limitsOf } from './job-options';

const LOOK_MS = 1_000;
const ended = ['done', 'cancelled', 'stopped'];

export const jobs: readonly Command[] = [
  list('op', '/operations', 'jobs, newest first', [['job', 'id'], ['kind', 'kind'], ['state', 'state'], ['name', 'name'], ['by', 'actor'], ['asked', 'requestedAt']], { filters: [['--state <state>', 'running, paused, stopped, done …'], ['--kind <kind>', 'retry, resync, repair …'], ['--q <query>', 'the same grammar as for dead letters']] }),
  {
    noun: 'op', verb: 'show', summary: 'one job: progress, rate, and how many more its selection would find now', args: '<id>', options: [['--wait', 'wait until it is done; exit code 1 if it failed']],
    run: async ({ operations, args, values, progress, signal }) => (values['wait'] === true ? waitFor(operations, idOf(args), progress, signal) : { kind: 'one', answer: await operations.get(`/operations/${idOf(args)}`) }),
  },
  {
    noun: 'op', verb: 'members', summary: 'the frozen members of a job, and the result of each', args: '<id>', options: [['--state <state>', 'requested, sent, confirmed, failed, skipped, cancelled'], ['--first <n>', 'how many'], ['--after <cursor>', 'the page after this one']],
    run: async ({ operations, args, values }) => {
      const answer = await operations.get(`/operations/${idOf(args)}/members`, { state: text(values, 'state'), first: text(values, 'first'), after: text(values, 'after') });
      return { kind: 'list', answer, items: (answer['items'] ?? []) as readonly Json[], columns: [['item', 'item'], ['target', 'target'], ['state', 'state'], ['detail', 'detail']] };
    },
  },
  act('op', '/operations', 'approve', 'approve a job as the second person'),
  act('op', '/operations', 'pause', 'stop sending; what was sent is still confirmed'),
  act('op', '/operations', 'resume', 'continue sending'),
  act('op', '/operations', 'cancel', 'end the job; what was not sent never is'),
  starting('recover', 'recover-failed', 'retry what failed of another job, or of an entity within a time', '[operation]', [['--entity <entity>', 'of this contract'], ['--from <instant>', 'ISO 8601'], ['--to <instant>', 'ISO 8601']], ([operation], values) => ({ ...(operation === undefined ? {} : { operation }), ...pick(values, ['entity', 'from', 'to']) })),
  starting('replay', 'replay-missing', 'have the owner say again what others do not hold; --all: everything', '<entity> [keys...]', [['--all', 'also what they hold'], ['--system <system>', 'of this system'], ['--from <instant>', 'with --all'], ['--to <instant>', 'with --all']], ([entity, ...keys], values) => ({ entity, ...(keys.length > 0 ? { keys } : {}), ...pick(values, ['system', 'from', 'to']) })),
  starting('resync', 'resync', 'read the system of record once more and announce what differs', '<entity> [keys...]', [['--system <system>', 'of this system']], ([entity, ...keys], values) => ({ entity, ...(keys.length > 0 ? { keys } : {}), ...pick(values, ['system']) })),
];

function starting(verb: string, kind: string, summary: string, args: string, options: Command['options'], selectionOf: (args: readonly string[], values: Values) => Json): Command {
  return {
    noun: null, verb, summary, args, acts: true, options: [...(options ?? []), ...jobOptions(), ['--wait', 'wait until it is done']],
    run: async ({ operations, args: given, values, progress, signal }) => {
      const chosen = values['all'] === true ? 'replay-all' : kind;
      const answer = await operations.post('/operations', { kind: chosen, selection: selectionOf(given, values), ...actOf(values), ...limitsOf(values) });
      const id = idIn(answer);
      return values['wait'] === true && id !== undefined ? waitFor(operations, encodeURIComponent(id), progress, signal) : { kind: 'one', answer };
    },
  };
}

const pick = (values: Values, names: readonly string[]): Json => Object.fromEntries(names.flatMap((name) => (text(values, name) === undefined ? [] : [[name, text(values, name)]])));

function idIn(answer: Json): string | undefined {
  return typeof answer['id'] === 'string' ? answer['id'] : undefined;
}

async function waitFor(operations: Operations, id: string, progress: (line: string) => void, signal: AbortSignal): Promise<{ kind: 'one'; answer: Json; unhealthy: boolean }> {
  let said = '';
  for (;;) {
    const answer = await operations.get(`/operations/${id}`);
    const { state, progress: counts = {} } = answer as { readonly state?: string; readonly progress?: Json };
    const line = `${String(state)} ${JSON.stringify(counts)}`;
    if (line !== said) progress((said = line));
    if (ended.includes(String(state))) return { kind: 'one', answer, unhealthy: state !== 'done' || Number(counts['failed'] ?? 0) > 0 };
    await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
    if (signal.aborted) throw new Failure(exitCodes.failed, `stopped waiting; job ${id} goes on`);
  }
}

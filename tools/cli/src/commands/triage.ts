/** Dead letters by their causes, and cases: what waits for a person. */
import { readFileSync } from 'node:fs';
import { act, actOf, type Command, idOf, list, show, text } from '../command';
import { exitCodes, Failure } from '../failure';
import { jobOptions, limitsOf } from './job-options';

const groups = '/dead-letter-groups';
const filters = [
  ['--q <query>', 'such as: state:open owner:Catalogue -class:transient open>100 age>2h "no price"'],
  ['--state <states>', 'open, acknowledged, retrying, resolved, regressed, ignored; several separated by commas'],
  ['--class <classes>', 'transient, contract, poison …'],
  ['--owner <team>', 'whose they are'],
  ['--consumer <name>', 'who could not apply them'],
] as const;

export const triage: readonly Command[] = [
  list('dlq', groups, 'dead letters by cause, the latest seen first', [['group', 'id'], ['state', 'state'], ['open', 'open'], ['owner', 'owner.team'], ['class', 'class'], ['consumer', 'consumer'], ['last seen', 'lastSeenAt'], ['message', 'message']], { filters }),
  show('dlq', groups, 'one cause: why its letters are one group, what was said of it, its latest letters'),
  list('dlq', '/dead-letters', 'single letters, newest first', [['letter', 'letterId'], ['state', 'state'], ['entity', 'entity'], ['key', 'key'], ['attempts', 'attempts'], ['opened', 'openedAt'], ['message', 'message']], { verb: 'letters', filters: [['--group <id>', 'of this group'], ['--state <states>', 'open, superseded, redriven, discarded'], ['--q <query>', 'the same grammar as for groups']] }),
  {
    noun: 'dlq', verb: 'letter', summary: 'one letter: attempts, headers, payload, what its contract says, the current state of the entity', args: '<id>',
    options: [['--reveal', 'show the payload unmasked; needs the role payload-reader and a reason, and is recorded'], ['--reason <text>', 'why you need to see it']],
    run: async ({ operations, args, values }) => ({ kind: 'one', answer: await operations.get(`/dead-letters/${idOf(args)}`, { ...(values['reveal'] === true ? { reveal: 'true' } : {}), reason: text(values, 'reason') }) }),
  },
  act('dlq', groups, 'acknowledge', 'say that you have seen it and are working on it'),
  act('dlq', groups, 'assign', 'say who works on it', [['--to <who>', 'a person; without it, nobody']], (values) => ({ assignee: text(values, 'to') ?? null })),
  act('dlq', groups, 'ignore', 'do not report it until a given time', [['--until <instant>', 'ISO 8601, at most 90 days from now']], (values) => ({ until: text(values, 'until') ?? null })),
  act('dlq', groups, 'note', 'leave a note for whoever looks next', [['--text <text>', 'the note']], (values) => ({ text: text(values, 'text') })),
  act('dlq', '/dead-letters', 'discard', 'give a letter up: it is never applied'),
  act('dlq', '/dead-letters', 'skip', 'release the events that wait behind a letter'),
  {
    noun: 'dlq', verb: 'retry', summary: 'apply letters again, as a job: those of a group, of a query, or the given ones', args: '[letters...]', acts: true,
    options: [['--group <id>', 'every letter of this group that is open now'], ['--q <query>', 'every open letter that matches'], ...jobOptions()],
    run: async ({ operations, args, values }) => {
      const selection = { ...(args.length > 0 ? { letters: args } : {}), ...(text(values, 'group') === undefined ? {} : { group: text(values, 'group') }), ...(text(values, 'q') === undefined ? {} : { query: text(values, 'q') }) };
      return { kind: 'one', answer: await operations.post('/operations', { kind: 'retry', selection, ...actOf(values), ...limitsOf(values) }) };
    },
  },
  {
    noun: 'dlq', verb: 'edit', summary: 'apply a letter with an edited body; --dry-run says what would happen', args: '<letter>', acts: true,
    options: [['--patch <file>', 'JSON Patch (RFC 6902)'], ['--body-hash <hash>', 'hash of the body that you edited, from `dlq letter`']],
    run: async ({ operations, args, values }) => {
      const edit = { id: args[0], patch: patchIn(text(values, 'patch')), bodyHash: text(values, 'bodyHash') };
      return { kind: 'one', answer: await operations.post('/operations', { kind: 'retry', selection: { letters: args }, edit, ...actOf(values) }) };
    },
  },
  list('case', '/cases', 'held changes, drift and losses, newest first', [['case', 'caseId'], ['kind', 'kind'], ['state', 'state'], ['severity', 'severity'], ['owner', 'owner.team'], ['entity', 'entity'], ['key', 'key'], ['summary', 'summary']], { filters: [['--q <query>', 'the same grammar as for dead letters'], ['--kind <kind>', 'held-change, drift, broker-loss, duplicate, business'], ['--state <states>', 'open, released, refused, repaired, resolved'], ['--owner <team>', 'whose they are']] }),
  {
    noun: 'case', verb: 'show', summary: 'one case; for a held change, a page of old and new values', args: '<id>', options: [['--after <key>', 'further keys of a held change; printed at the end of a page']],
    run: async ({ operations, args, values, progress }) => {
      const answer = await operations.get(`/cases/${idOf(args)}`, { after: text(values, 'after') });
      const next = (answer['diff'] as { readonly next?: string | null } | null | undefined)?.next;
      if (typeof next === 'string') progress(`more: --after ${next}`);
      return { kind: 'one', answer };
    },
  },
  act('case', '/cases', 'release', 'release a held change; money and stock need two people'),
  act('case', '/cases', 'refuse', 'refuse a held change'),
  act('case', '/cases', 'resolve', 'close a loss of the broker after looking into it'),
];

function patchIn(file: string | undefined): unknown {
  if (file === undefined) throw new Failure(exitCodes.usage, '--patch is missing; accepted: a file with a JSON Patch (RFC 6902)');
  try {
    return JSON.parse(readFileSync(file, 'utf8'));
  } catch (error) {
    throw new Failure(exitCodes.usage, `the patch in ${file} can't be read: ${(error as Error).message}; accepted: a JSON Patch (RFC 6902)`);
  }
}

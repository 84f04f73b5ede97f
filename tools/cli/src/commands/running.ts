/** How things are now: doctor, status, flows, checks, one thing across all systems, what happens. */
import { act, actOf, type Command, list, show, text } from '../command';
import { exitCodes, Failure } from '../failure';
import { jobOptions, limitsOf } from './job-options';
import type { Json } from '../operations.client';

export const running: readonly Command[] = [
  {
    noun: null, verb: 'doctor', summary: 'check that operations answers and knows you, and that every service and dependency is healthy; exit code 1 if not',
    run: async ({ operations }) => {
      const { silent = [], dependencies = [] } = (await operations.get('/flows')) as { readonly silent?: readonly Json[]; readonly dependencies?: readonly Json[] };
      const open = dependencies.filter(({ breaker }) => breaker === 'open');
      const { ok } = await operations.get('/audit/verify');
      return { kind: 'one', answer: { operations: 'answers', silent, open, audit: ok === true ? 'whole' : 'changed' }, unhealthy: silent.length + open.length > 0 || ok !== true };
    },
  },
  { noun: null, verb: 'status', summary: 'what needs attention now, ranked by harm and age', run: async ({ operations }) => ({ kind: 'one', answer: await operations.get('/overview') }) },
  list('flow', '/flows', 'flows, how late each is against its promise, and which are paused', [['flow', 'flow'], ['kind', 'kind'], ['state', 'state'], ['late ms', 'latenessMs'], ['promise ms', 'promiseMs'], ['held', 'held'], ['per second', 'perSecond'], ['why', 'reason']], { paged: false }),
  act('flow', '/flows', 'pause', 'pause a flow; nothing is lost', [['--until <instant>', 'when it resumes by itself; ISO 8601']], (values) => ({ resumesAt: text(values, 'until') ?? null })),
  act('flow', '/flows', 'resume', 'resume a paused flow'),
  {
    noun: 'recon', verb: 'run', summary: 'compare now: a check, an entity, or some of its keys', args: '[keys...]', acts: true, options: [['--check <name>', 'this check'], ['--entity <entity>', 'every check of it']],
    run: async ({ operations, args, values }) => {
      const selection = { ...(text(values, 'check') === undefined ? {} : { check: text(values, 'check') }), ...(text(values, 'entity') === undefined ? {} : { entity: text(values, 'entity') }), ...(args.length > 0 ? { keys: args } : {}) };
      return { kind: 'one', answer: await operations.post('/operations', { kind: 'reconcile', selection, ...actOf(values) }) };
    },
  },
  list('recon', '/cases', 'open and repaired drift', [['case', 'caseId'], ['state', 'state'], ['entity', 'entity'], ['key', 'key'], ['cause', 'cause'], ['summary', 'summary']], { verb: 'drift', query: { kind: 'drift' }, filters: [['--state <states>', 'open, repaired, resolved'], ['--kind <kind>', 'drift (default) or business']] }),
  {
    noun: 'recon', verb: 'repair', summary: 'have the owner announce the key again; the case closes when a second look finds both ends equal', args: '<cases...>', acts: true, options: jobOptions(),
    run: async ({ operations, args, values }) => ({ kind: 'one', answer: await operations.post('/operations', { kind: 'repair', selection: { cases: args }, ...actOf(values), ...limitsOf(values) }) }),
  },
  {
    noun: null, verb: 'trace', summary: 'one SKU, order or customer across all systems, as a timeline with its gaps', options: [['--sku <sku>', 'a SKU'], ['--order <id>', 'an order'], ['--customer <id>', 'a customer']],
    run: async ({ operations, values }) => {
      const query = { sku: text(values, 'sku'), orderId: text(values, 'order'), customerId: text(values, 'customer') };
      if (Object.values(query).filter((each) => each !== undefined).length !== 1) throw new Failure(exitCodes.usage, 'what to trace is missing; accepted: one of --sku, --order, --customer');
      const answer = await operations.get('/trace', query);
      return { kind: 'list', answer, items: (answer['timeline'] ?? []) as readonly Json[], columns: [['at', 'at'], ['service', 'service'], ['what', 'what'], ['entity', 'entity'], ['key', 'key'], ['revision', 'revision'], ['summary', 'summary']] };
    },
  },
  {
    noun: null, verb: 'events', summary: 'live changes at the desk, until Ctrl-C',
    run: async ({ operations, progress, signal }) => {
      progress('listening');
      try {
        for await (const { event, data } of operations.events('/events', signal)) process.stdout.write(`${event}\t${data}\n`);
      } catch (error) {
        if (!signal.aborted) throw error;
      }
      return { kind: 'told' };
    },
  },
  list('contracts', '/contracts', 'every contract with its owner, producers and consumers', [['entity', 'entity'], ['kind', 'kind'], ['version', 'major'], ['owner', 'owner.team'], ['systems', 'systems'], ['summary', 'summary']], { paged: false }),
  show('contracts', '/contracts', 'one contract'),
  list('audit', '/audit', 'what people did, newest first', [['at', 'at'], ['who', 'actor'], ['act', 'act'], ['subject', 'subject'], ['outcome', 'outcome'], ['reason', 'reason']], { filters: [['--owner <team>', 'of its things'], ['--actor <who>', 'by them'], ['--act <act>', 'such as "retry letters"'], ['--subject <subject>', 'on it'], ['--outcome <outcome>', 'done, asked, failed, denied']] }),
  {
    noun: 'audit', verb: 'verify', summary: 'verify that the audit has not been changed; exit code 1 if it has',
    run: async ({ operations }) => {
      const answer = await operations.get('/audit/verify');
      return { kind: 'one', answer, unhealthy: answer['ok'] !== true };
    },
  },
  {
    noun: null, verb: 'readiness', summary: 'the six checks of readiness, computed from facts; exit code 1 with what is missing',
    run: async ({ operations }) => {
      const answer = await operations.get('/readiness');
      return { kind: 'one', answer, unhealthy: answer['ready'] !== true };
    },
  },
];

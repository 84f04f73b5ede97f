/**
 * What is asked for at /ops/v1/operations: counted first, checked against what is there, frozen, and only then a job.
 * 1. Whoever asks has the role for every team whose things the job would touch.
 * 2. A preview does nothing; what it counted can be given back as `confirmCount`, and a job that would be another one is refused.
 * 3. The job, its members and the entry in the audit commit together (I6).
 */
import { randomUUID } from 'node:crypto';
import { contracts } from '@steward/contracts';
import { type Database, RejectedError, StewardError } from '@steward/platform';
import type { PoolClient } from 'pg';
import { z } from 'zod';
import type { Ask } from '../api/feature';
import type { Answered } from '../api/answer';
import { refused } from '../api/input';
import { conflict, notFound } from '../api/outcomes';
import type { Asking } from '../api/route';
import { act } from '../api/route';
import { type News, tellNews } from '../events/news';
import { audited, PLATFORM } from '../audit/audited';
import { needsTwo } from '../second-person/second-person';
import { type Forecast, type JobKind, jobKinds, type NewMember } from './job';
import { addMembers, frozenUpTo, type Selection } from './job.store';
import { countKeys, previewKeys } from './announce.work';
import { forecastLetters } from './letters.work';
import { openDrift, previewRepair } from './reconcile.work';
import { countLetters, freezeLetters, markGroups, openLetters } from './targets';

const text = z.string().min(1).max(300);
const instant = z.iso.datetime({ offset: true, error: 'an instant such as 2026-01-02T03:04:05Z' });
const selectionShape = {
  group: text, query: z.string().max(1_000), operation: z.uuid(), entity: text, system: text, check: text, from: instant, to: instant,
  letters: z.array(text).min(1).max(10_000), keys: z.array(text).min(1).max(10_000), cases: z.array(text).min(1).max(500),
};
const selection = z.strictObject(Object.fromEntries(Object.entries(selectionShape).map(([name, shape]) => [name, shape.optional()])) as { [N in keyof typeof selectionShape]: z.ZodOptional<(typeof selectionShape)[N]> }, { error: `an object of ${Object.keys(selectionShape).join(', ')}` });

const whole = (least: number, most: number) => z.int({ error: `a whole number from ${String(least)} to ${String(most)}` }).min(least).max(most);

export const requestBody = act({
  kind: z.enum(jobKinds, { error: jobKinds.join(', ') }),
  selection,
  name: z.string().trim().min(1).max(200).optional(),
  confirmCount: whole(0, 100_000_000).optional(),
  canary: whole(0, 1_000).default(0),
  stopAfter: whole(1, 1_000_000).default(20),
  perSecond: whole(1, 1_000).default(50),
  edit: z.strictObject({ id: text, patch: z.array(z.record(z.string(), z.unknown())).min(1).max(100), bodyHash: text }).optional(),
});
export type JobRequest = z.output<typeof requestBody>;

/** What each kind can be asked about: exactly one of these, and of the narrowing ones any. */
const accepted: Readonly<Record<JobKind, { readonly one: readonly (keyof Selection)[]; readonly also: readonly (keyof Selection)[] }>> = {
  retry: { one: ['group', 'letters', 'query'], also: [] },
  'recover-failed': { one: ['operation', 'entity'], also: ['from', 'to'] },
  'replay-missing': { one: ['entity'], also: ['system', 'keys'] },
  'replay-all': { one: ['entity'], also: ['system', 'keys', 'from', 'to'] },
  resync: { one: ['entity'], also: ['system', 'keys'] },
  reconcile: { one: ['entity', 'check'], also: ['keys'] },
  repair: { one: ['cases', 'entity', 'check'], also: [] },
};

const countedShape = z.object({
  count: z.int().nullable().describe('null = nobody can say without reading everything.'),
  teams: z.array(z.string()), fourEyes: z.boolean(),
  note: z.string().optional().describe('In the place of `count` for kinds that read before they act.'),
});
type Counted = Answered<typeof countedShape>;

export const previewed = countedShape
  .extend({
    verdicts: z.record(z.string(), z.int()).describe('How many would end how, of those that were asked about.'), asked: z.int(),
    sample: z.array(z.object({ item: z.string(), verdict: z.string(), detail: z.string() }) satisfies z.ZodType<Forecast>),
  })
  .meta({ id: 'Preview', description: 'What a job would be: counted, and of some what would become of each.' });
type Preview = Answered<typeof previewed>;

export const jobAsked = z.object({ dryRun: z.literal(false), operationId: z.string() }).meta({ id: 'OperationAsked' });

interface Parts {
  readonly database: Database;
  readonly ask: Ask;
}

/** Who asks, as far as a job has to know. */
export type Who = Pick<Asking, 'who' | 'allow' | 'traceId'>;

const ofLetters = (kind: JobKind): boolean => kind === 'retry' || kind === 'recover-failed';

/** More are not asked about before the click: their owners are to work and not to forecast. */
const mostForecast = 2_000;

export async function preview(parts: Parts, request: JobRequest, asking: Who): Promise<Preview> {
  const counted = await count(parts, request, asking);
  const shown = await forecast(parts, request);
  return { ...counted, verdicts: Object.fromEntries([...Map.groupBy(shown, ({ verdict }) => verdict)].map(([verdict, of]) => [verdict, of.length])), asked: shown.length, sample: shown.slice(0, 100) };
}

async function forecast({ database, ask }: Parts, { kind, selection: selected, edit }: JobRequest): Promise<readonly Forecast[]> {
  if (ofLetters(kind)) {
    const verdicts = await forecastLetters(ask, await openLetters(database, selected as Selection, mostForecast), edit ?? null);
    return verdicts.map(({ id, verdict, detail }) => ({ item: id, verdict, detail }));
  }
  if (kind === 'repair') return previewRepair(ask, selected as Selection);
  return kind === 'reconcile' ? [] : previewKeys(ask, selected as Selection, kind);
}

/** Counts, and refuses what can't be a job: unknown things, things that are done already, everything without a word of confirmation. */
export async function count({ database, ask }: Parts, request: JobRequest, asking: Who): Promise<Counted> {
  const { kind } = request;
  const selected = request.selection as Selection;
  shapeOf(request);
  const counted = ofLetters(kind) ? await ofOpenLetters(database, selected) : await ofOthers(ask, kind, selected);
  for (const team of counted.teams) await asking.allow(request.edit === undefined ? 'operator' : 'editor', team, `${kind} ${JSON.stringify(selected).slice(0, 400)}`);
  return counted;
}

function shapeOf({ kind, selection: selected, edit }: JobRequest): void {
  const given = Object.keys(selected).filter((name) => selected[name as keyof typeof selected] !== undefined) as (keyof Selection)[];
  const { one, also } = accepted[kind];
  const words = `one of ${one.join(', ')}${also.length === 0 ? '' : `; with ${also.join(', ')}`}`;
  if (given.filter((name) => one.includes(name)).length !== 1) throw refused('/selection', `says not what to ${kind}`, words);
  const stray = given.find((name) => !one.includes(name) && !also.includes(name));
  if (stray !== undefined) throw refused(`/selection/${stray}`, `is nothing that ${kind} goes by`, words);
  if (edit !== undefined && (kind !== 'retry' || selected.letters?.length !== 1 || selected.letters[0] !== edit.id)) {
    throw refused('/edit', 'is of another letter than the one selected', 'retry of exactly the letter that is edited');
  }
}

async function ofOpenLetters(database: Database, selected: Selection): Promise<Counted> {
  const { known, open, teams, entities } = await countLetters(database, selected);
  if (selected.letters !== undefined && known < new Set(selected.letters).size) throw notFound('letter', selected.letters.join(', '));
  if (known === 0) throw notFound(selected.group === undefined ? 'letter' : 'group', selected.group ?? selected.operation ?? selected.query ?? selected.entity ?? '');
  // Somebody was quicker, or it closed by itself: a second act would find nothing to do and look like one that did.
  if (open === 0) throw conflict('none of these letters is open any more: they were redriven, superseded or discarded', 'letters that are open');
  return { count: open, teams, fourEyes: needsTwo(entities) };
}

async function ofOthers(ask: Ask, kind: JobKind, selected: Selection): Promise<Counted> {
  if (kind === 'repair') {
    const found = await openDrift(ask, selected);
    return { count: found.length, teams: teamsOf(found.map(({ entity }) => entity)), fourEyes: needsTwo(found.map(({ entity }) => entity)) };
  }
  const { entity } = selected;
  if (entity !== undefined && !contracts.some((contract) => contract.entity === entity && contract.kind === 'state')) throw notFound('state', entity);
  const entities = entity === undefined ? [] : [entity];
  // Comparing changes nothing, so one person may.
  if (kind === 'reconcile') return { count: selected.keys?.length ?? 1, teams: teamsOf(entities), fourEyes: false };
  return { ...(await countKeys(ask, kind, selected)), teams: teamsOf(entities), fourEyes: needsTwo(entities) };
}

const teamsOf = (entities: readonly string[]): string[] => [...new Set(contracts.filter(({ entity }) => entities.includes(entity)).map(({ owner }) => owner.team))];

/** The answer to a click: the job's id. */
export async function requestJob(parts: Parts, request: JobRequest, asking: Who): Promise<string> {
  const make = await prepareJob(parts, request, asking);
  return parts.database.transaction((tx) => make(tx, randomUUID()));
}

/** Checks and counts, and returns what makes the job in somebody's transaction, once under its id. */
export async function prepareJob(parts: Parts, request: JobRequest, asking: Who): Promise<(tx: PoolClient, id: string) => Promise<string>> {
  const counted = await count(parts, request, asking);
  confirm(request, counted);
  const { kind, reason, canary, stopAfter, perSecond, edit } = request;
  const selected = request.selection as Selection;
  const state = counted.fourEyes ? 'awaiting-approval' : 'freezing';
  return async (tx, id) => {
    const made = await tx.query(
      `insert into job (id, kind, name, selection, edit, canary, stop_after, per_second, four_eyes, teams, actor, reason, state, state_by, frozen, next_at)
        values ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $11, false, case when $9 then 'infinity' else now() end) on conflict (id) do nothing`,
      [id, kind, request.name ?? nameOf(kind, selected), JSON.stringify(selected), edit === undefined ? null : JSON.stringify(edit), canary, stopAfter, perSecond, counted.fourEyes, counted.teams, asking.who.id, reason, state],
    );
    if (made.rowCount === 0) return id;
    const frozen = await freeze(tx, id, kind, selected);
    if (frozen !== null && !counted.fourEyes) await frozenUpTo(tx, id, null);
    if (ofLetters(kind)) await markGroups(tx, id, asking.who.id);
    await tellNews(tx, counted.teams.map((owner): News => ({ kind: 'operation', id, owner })));
    const teams = counted.teams.length === 0 ? [PLATFORM] : counted.teams;
    const after = { kind, selection: selected, count: frozen ?? counted.count, canary, stopAfter, perSecond, state, ...(edit === undefined ? {} : { edit: edit.patch }) };
    await audited(tx, ...teams.map((owner) => ({ who: asking.who, owner, act: `${kind} operation`, subject: `operation ${id}`, outcome: 'asked' as const, reason, after, traceId: asking.traceId })));
    return id;
  };
}

/** Returns how many were frozen; null = the runner reads them page by page. */
async function freeze(tx: PoolClient, id: string, kind: JobKind, selected: Selection): Promise<number | null> {
  if (ofLetters(kind)) return freezeLetters(tx, id, selected);
  const members = namedMembers(kind, selected);
  if (members === null) return null;
  await addMembers(tx, id, members);
  return members.length;
}

function namedMembers(kind: JobKind, { keys, cases, check, system, ...rest }: Selection): NewMember[] | null {
  const entity = rest.entity ?? null;
  if (kind === 'repair') return cases === undefined ? null : cases.map((item) => ({ target: 'reconciliation', entity: null, item }));
  if (kind === 'reconcile') return keys === undefined ? [{ target: 'reconciliation', entity, item: check ?? `all of ${entity ?? ''}` }] : keys.map((item) => ({ target: 'reconciliation', entity, item }));
  if (keys === undefined || kind === 'replay-missing') return null;
  const owner = system ?? contracts.find((contract) => contract.entity === entity)?.systems[0] ?? '';
  return keys.map((item) => ({ target: owner, entity, item }));
}

/** What would touch everything of an entity is said twice: once as a question, once with its answer. */
function confirm({ kind, selection: selected, confirmCount }: JobRequest, counted: Counted): void {
  const everything = (kind === 'replay-all' || kind === 'replay-missing' || kind === 'resync') && selected.keys === undefined && selected.from === undefined && selected.to === undefined;
  const found = counted.count === null ? 'an unknown number' : String(counted.count);
  if (confirmCount === undefined && everything) {
    throw new RejectedError('OPERATIONS_CONFIRMATION_NEEDED', `${kind} without a range would touch ${found} of ${selected.entity ?? ''}`, { place: '/confirmCount', accepted: `${found}, or a range: keys, from, to` });
  }
  if (confirmCount !== undefined && counted.count !== null && confirmCount !== counted.count) {
    throw new StewardError('OPERATIONS_COUNT_CHANGED', `${String(confirmCount)} were confirmed, and it would be ${found}`, { place: '/confirmCount', accepted: found });
  }
}

function nameOf(kind: JobKind, { group, letters, query, operation, entity, keys, cases, check }: Selection): string {
  const what = group !== undefined ? `group ${group}` : letters !== undefined ? `${String(letters.length)} letters` : query !== undefined ? `letters by ${query}`
    : operation !== undefined ? `what failed in ${operation}` : cases !== undefined ? `${String(cases.length)} cases` : check ?? `${keys === undefined ? '' : `${String(keys.length)} keys of `}${entity ?? ''}`;
  return `${kind} ${what}`.slice(0, 200);
}

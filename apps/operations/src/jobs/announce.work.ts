/**
 * Replay and resync: the owner says again what it said, or reads its system of record once more; the members are keys.
 * An announcement is confirmed when every read model of the entity holds its revision or a newer one; a reading when they hold what
 * the source says. Nobody's tables are read for it: the digests are asked (X1).
 */
import {
  type AnnounceAgainAnswer, type AnnounceAgainQuestion, announceAgainSubject, contracts, type DigestAnswer, digestSubject, type KeyDigest, MOST_DIGEST_BITS,
  type NodeDigest, type ReadSourceAnswer, readSourceSubject, type SnapshotCount, type SnapshotCountQuestion, type SnapshotPage, snapshotSubject, type SourcePage,
} from '@steward/contracts';
import { digestPathOf } from '@steward/event-bus';
import { type Clock, type Database, StewardError } from '@steward/platform';
import type { Ask } from '../api/feature';
import type { Awaiting, Forecast, JobKind, NewMember, Outcome } from './job';
import type { Job, Selection } from './job.store';
import type { JobWork } from './job-runner';
import { missingKeys } from './reconcile.work';

const withinMs = 30_000;
/** What no read model has shown by then is a failure to look into: a letter, a consumer that stands still. */
const confirmWithinMs = 120_000;

export function announceWork({ ask, database, clock }: { readonly ask: Ask; readonly database: Database; readonly clock: Clock }): JobWork {
  return {
    send: async (job, actId, members) => {
      const [{ target = '', entity = null } = {}] = members;
      const question: AnnounceAgainQuestion = { ...questionOf(job.kind, entity ?? '', members.map(({ item }) => item), job), dryRun: false, actId };
      const { items } = await ask<AnnounceAgainAnswer>(announceAgainSubject(target), question, withinMs);
      const places = new Map(members.map(({ item, place }) => [item, place]));
      const nobody = readersOf(entity, target).length === 0;
      return items.flatMap(({ key, outcome, revision }): Outcome[] => {
        const place = places.get(key);
        if (place === undefined) return [];
        if (outcome === 'unknown-key') return [{ place, state: 'failed', verdict: outcome, detail: `${target} does not know it` }];
        return [{ place, state: nobody ? 'confirmed' : 'sent', verdict: outcome, detail: nobody ? 'nobody keeps it' : '', revision: outcome === 'reading' ? null : revision }];
      });
    },
    confirm: async (job, members) => {
      const outcomes: Outcome[] = [];
      // A node of the digests' tree a key, and a question holds 256 of them; the source is asked about 200.
      for (let from = 0; from < members.length; from += 200) outcomes.push(...(await confirmed({ ask, database, clock }, job, members.slice(from, from + 200))));
      return outcomes;
    },
    page: (job, after) => (job.kind === 'replay-missing' ? missingKeys(ask, job, after) : everyKey(ask, job, after as Everything | null)),
  };
}

const questionOf = (kind: JobKind, entity: string, keys: readonly string[], { actor, reason }: Pick<Job, 'actor' | 'reason'>) =>
  ({ entity, keys, actor, reason, from: kind === 'resync' ? 'source' : 'announced', origin: 'repair' }) as const;

const systemsOf = ({ entity, system }: Selection): readonly string[] =>
  system === undefined ? (contracts.find((contract) => contract.entity === entity && contract.kind === 'state')?.systems ?? []) : [system];

/** Who keeps what this system says of the entity. */
function readersOf(entity: string | null, system: string): readonly string[] {
  const consumers = contracts.filter((contract) => contract.entity === entity).flatMap((contract) => contract.consumers);
  return [...new Set(consumers.filter(({ purpose, from }) => purpose === 'projection' && from.includes(system)).map(({ service }) => service))];
}

async function confirmed({ ask, database, clock }: { ask: Ask; database: Database; clock: Clock }, job: Job, members: readonly Awaiting[]): Promise<Outcome[]> {
  const [{ target = '', entity = null } = {}] = members;
  const keys = members.map(({ item }) => item);
  const held = (service: string) => heldBy(ask, database, service, entity ?? '', keys);
  const readers = readersOf(entity, target);
  const [owned, ...read] = await Promise.all([held(target), ...readers.map(held)]);
  const source = job.kind === 'resync' ? await sourceOf(ask, target, entity ?? '', keys) : undefined;
  return members.flatMap(({ place, item, revision, at, target: of }): Outcome[] => {
    if (of !== target) return []; // of another owner: its turn comes when these are done
    const fault = source?.get(item)?.fault;
    if (fault) return [{ place, state: 'failed', verdict: 'source-fault', detail: `${fault.class}: ${fault.message}` }];
    const late = readers.filter((_, index) => !agrees(read[index]?.get(item), revision === null ? source?.get(item)?.hash : undefined, { revision, owned: owned?.get(item) }));
    if (late.length === 0) return [{ place, state: 'confirmed', verdict: 'applied', detail: `by ${readers.join(', ')}` }];
    if (clock.now() - at.getTime() < confirmWithinMs) return [];
    return [{ place, state: 'failed', verdict: 'not-confirmed', detail: `${late.join(', ')} did not show it within ${String(confirmWithinMs / 1_000)} s: look for a letter of it` }];
  });
}

function agrees(shown: KeyDigest | undefined, sourceHash: string | null | undefined, { revision, owned }: { readonly revision: number | null; readonly owned: KeyDigest | undefined }): boolean {
  if (revision === null) return (shown?.hash ?? null) === (sourceHash ?? null);
  // A deletion has no leaf on either end.
  return shown === undefined ? owned === undefined : shown.revision >= revision;
}

async function heldBy(ask: Ask, database: Database, service: string, entity: string, keys: readonly string[]): Promise<Map<string, KeyDigest>> {
  const paths = await database.query<{ path: number }>(`select distinct ${digestPathOf('key')}::float8 as path from unnest($1::text[]) as key`, [keys]);
  const keysOf = paths.map(({ path }) => 2 ** MOST_DIGEST_BITS + path);
  const found = new Map<string, KeyDigest>();
  let after: string | null = null;
  do {
    const answer: DigestAnswer = await ask<DigestAnswer>(digestSubject(service), { entity, keysOf, after }, withinMs);
    if (!('keys' in answer)) break;
    for (const each of answer.keys) found.set(each.key, each);
    after = answer.next;
  } while (after !== null);
  return found;
}

async function sourceOf(ask: Ask, system: string, entity: string, keys: readonly string[]): Promise<Map<string, ReadSourceAnswer['items'][number]>> {
  const { items } = await ask<ReadSourceAnswer>(readSourceSubject(system), { entity, keys }, withinMs);
  return new Map(items.map((item) => [item.key, item]));
}

interface Everything {
  readonly system: number;
  readonly phase: 'announced' | 'source';
  readonly after: string | null;
}

/** All that was announced, and of a resync what the source lists besides; a key that is in both is a member once. */
async function everyKey(ask: Ask, job: Job, cursor: Everything | null): Promise<{ members: NewMember[]; next: Everything | null }> {
  const { system, phase, after }: Everything = cursor ?? { system: 0, phase: 'announced', after: null };
  const systems = systemsOf(job.selection);
  const target = systems[system];
  const { entity = '', from, to } = job.selection;
  if (target === undefined) return { members: [], next: null };
  const nextSystem: Everything | null = system + 1 < systems.length ? { system: system + 1, phase: 'announced', after: null } : null;
  const members = (keys: readonly string[]): NewMember[] => keys.map((item) => ({ target, entity, item }));
  if (phase === 'announced') {
    const page = await ask<SnapshotPage>(snapshotSubject(target), { entity, after, limit: 1_000 }, withinMs);
    const keys = page.items.filter(({ changedAt }) => (from === undefined || Date.parse(changedAt) >= Date.parse(from)) && (to === undefined || Date.parse(changedAt) < Date.parse(to)));
    const ended: Everything | null = job.kind === 'resync' ? { system, phase: 'source', after: null } : nextSystem;
    return { members: members(keys.map(({ key }) => key)), next: page.next === null ? ended : { system, phase, after: page.next } };
  }
  const page = await listSource(ask, target, entity, after);
  return { members: members(page?.items.map(({ key }) => key) ?? []), next: page === undefined || page.next === null ? nextSystem : { system, phase, after: page.next } };
}

/** undefined = this source can't list; what was announced is all that can be asked about then. */
async function listSource(ask: Ask, system: string, entity: string, after: string | null): Promise<SourcePage | undefined> {
  try {
    return await ask<SourcePage>(readSourceSubject(system), { entity, ask: 'page', after }, withinMs);
  } catch (error) {
    if (error instanceof StewardError && error.code === 'OPERATIONS_OWNER_REFUSED') return undefined;
    throw error;
  }
}

/**
 * Of everything each owner says how much it would list, deletions included. Its digest says something else: it knows no deletions, and that of
 * operations is of the cases that it keeps of everybody. Of a range nobody knows before it was read.
 */
export async function countKeys(ask: Ask, kind: JobKind, selection: Selection): Promise<{ count: number | null; note?: string }> {
  const { entity = '', keys, from, to } = selection;
  // Which are missing is known when the ends have been compared; so many are.
  const note = kind === 'replay-missing' ? { note: 'so many are compared when the operation begins; what is missing of them is its members' } : kind === 'resync' && keys === undefined ? { note: 'and what the source has besides' } : {};
  if (keys !== undefined) return { count: new Set(keys).size, ...note };
  if (from !== undefined || to !== undefined) return { count: null, note: 'the keys of the range are read when the operation begins' };
  const counts = await Promise.all(systemsOf(selection).map((system) => (kind === 'replay-missing' ? livingOf(ask, system, entity) : listedBy(ask, system, entity))));
  return counts.includes(null) ? { count: null, note: 'the keys are read when the operation begins' } : { count: counts.reduce<number>((sum, each) => sum + (each ?? 0), 0), ...note };
}

/** What is compared: of what was deleted neither end has a digest. */
const livingOf = async (ask: Ask, system: string, entity: string): Promise<number> => (await ask<NodeDigest>(digestSubject(system), { entity }, withinMs)).count;

/** null: an owner of the release before, which answers with its first page. */
const listedBy = async (ask: Ask, system: string, entity: string): Promise<number | null> =>
  (await ask<Partial<SnapshotCount>>(snapshotSubject(system), { entity, count: true } satisfies SnapshotCountQuestion, withinMs)).count ?? null;

export async function previewKeys(ask: Ask, { entity = '', system, keys }: Selection, kind: JobKind): Promise<Forecast[]> {
  const [owner] = systemsOf({ entity, ...(system === undefined ? {} : { system }) });
  if (keys === undefined || owner === undefined || kind === 'replay-missing') return [];
  const question = { ...questionOf(kind, entity, keys.slice(0, 500), { actor: 'preview', reason: 'preview' }), dryRun: true };
  const { items } = await ask<AnnounceAgainAnswer>(announceAgainSubject(owner), question, withinMs);
  return items.map(({ key, outcome, revision }) => ({ item: key, verdict: outcome, detail: revision === null ? '' : `revision ${String(revision)}` }));
}

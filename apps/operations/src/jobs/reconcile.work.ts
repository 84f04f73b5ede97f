/** Comparing out of turn and repairing what was found: reconciliation does both, and its own second look is the confirmation (X3). */
import { contracts, type DriftRow, type ReconciliationAnswer, type ReconciliationRunAnswer, type ReconciliationQuestion, reconciliationSubject, type RepairForecast, type RunStanding } from '@steward/contracts';
import type { Clock } from '@steward/platform';
import type { Ask } from '../api/feature';
import type { Forecast, Member, NewMember, Outcome } from './job';
import type { Job, Selection } from './job.store';
import type { JobWork } from './job-runner';

const withinMs = 30_000;
/** A repair is proved by a look after the settle time of its contract; the longest of those is minutes. */
const repairedWithinMs = 600_000;

const asked = <A extends ReconciliationAnswer | ReconciliationRunAnswer>(ask: Ask, question: ReconciliationQuestion): Promise<A> => ask<A>(reconciliationSubject, question, withinMs);

export function reconcileWork(ask: Ask): JobWork {
  return {
    // Asked twice it looks twice, which harms nobody: looking changes nothing.
    send: async (job, _actId, members) => {
      const { runId } = await asked<ReconciliationRunAnswer>(ask, runQuestion(job, members));
      return members.map(({ place }) => ({ place, state: 'sent', verdict: 'comparing', detail: runId }));
    },
    confirm: async (_job, members) => {
      const outcomes: Outcome[] = [];
      for (const [runId, ofRun] of Map.groupBy(members, ({ detail }) => detail ?? '')) {
        const ended = endedRun(await standingOf(ask, runId));
        if (ended !== undefined) outcomes.push(...ofRun.map(({ place }) => ({ place, ...ended })));
      }
      return outcomes;
    },
  };
}

function runQuestion({ selection: { check, entity, keys }, actor, reason }: Job, members: readonly Member[]): ReconciliationQuestion {
  const of = check === undefined ? { entity: entity ?? '', ...(keys === undefined ? {} : { keys: members.map(({ item }) => item) }) } : { check };
  return { ask: 'run', ...of, actor, reason, dryRun: false };
}

async function standingOf(ask: Ask, runId: string): Promise<readonly RunStanding[]> {
  const answer = await asked<ReconciliationAnswer>(ask, { ask: 'status', runId });
  return 'runs' in answer ? answer.runs : [];
}

/** Differences are what it was to find: the comparison is confirmed, whatever it found. */
function endedRun(runs: readonly RunStanding[]): Omit<Outcome, 'place'> | undefined {
  const broken = runs.find(({ state }) => state === 'failed');
  if (broken !== undefined) return { state: 'failed', verdict: 'failed', detail: `${broken.check}: ${broken.problem ?? 'failed'}` };
  if (runs.length === 0 || runs.some(({ state }) => state !== 'done')) return undefined;
  const open = runs.reduce((sum, run) => sum + run.open, 0);
  const compared = runs.reduce((sum, run) => sum + run.compared, 0);
  return { state: 'confirmed', verdict: open === 0 ? 'agrees' : 'differs', detail: `${String(compared)} compared, ${String(open)} differ` };
}

export function repairWork(ask: Ask, clock: Clock): JobWork {
  return {
    // Reconciliation announces a drift again only while it is open: a second time it answers `closed`, or one more revision of the same state.
    send: async (job, _actId, members) => {
      const answer = await asked<ReconciliationAnswer>(ask, { ask: 'repair', ids: members.map(({ item }) => item), dryRun: false, actor: job.actor, reason: job.reason });
      const said = new Map(('repairs' in answer ? answer.repairs : []).map((repair) => [repair.id, repair]));
      return members.flatMap(({ place, item }) => {
        const repair = said.get(item);
        return repair === undefined ? [] : [outcomeOf(place, repair)];
      });
    },
    confirm: async (_job, members) => {
      const found = new Map((await driftOf(ask, { ask: 'drift', ids: members.map(({ item }) => item) })).map((drift) => [drift.id, drift]));
      return members.flatMap(({ place, item, at }): Outcome[] => {
        const drift = found.get(item);
        if (drift !== undefined && drift.state !== 'open') return [{ place, state: 'confirmed', verdict: drift.state, detail: `${drift.key}: ${drift.state}` }];
        if (clock.now() - at.getTime() < repairedWithinMs) return [];
        return [{ place, state: 'failed', verdict: 'still-open', detail: 'the difference is still there' }];
      });
    },
    page: async (job) => ({ members: (await openDrift(ask, job.selection)).map(({ id }) => memberOf(id)), next: null }),
  };
}

const memberOf = (item: string): NewMember => ({ target: 'reconciliation', entity: null, item });

function outcomeOf(place: number, { outcome, key, revision }: RepairForecast): Outcome {
  const detail = revision === null ? key : `${key} as revision ${String(revision)}`;
  if (outcome === 'announced') return { place, state: 'sent', verdict: outcome, detail, revision };
  return { place, state: outcome === 'closed' ? 'skipped' : 'failed', verdict: outcome, detail };
}

async function driftOf(ask: Ask, question: Extract<ReconciliationQuestion, { ask: 'drift' }>): Promise<DriftRow[]> {
  const rows: DriftRow[] = [];
  let after: string | null = null;
  do {
    const answer: ReconciliationAnswer = await asked<ReconciliationAnswer>(ask, { ...question, after });
    if (!('drift' in answer)) break;
    rows.push(...answer.drift);
    after = answer.next;
  } while (after !== null);
  return rows;
}

export async function openDrift(ask: Ask, { cases, check, entity }: Selection): Promise<DriftRow[]> {
  const rows = await driftOf(ask, { ask: 'drift', ...(cases === undefined ? {} : { ids: cases }), ...(check === undefined ? {} : { check }) });
  return rows.filter((drift) => drift.state === 'open' && (entity === undefined || drift.entity === entity));
}

export async function previewRepair(ask: Ask, selection: Selection): Promise<Forecast[]> {
  const ids = selection.cases ?? (await openDrift(ask, selection)).slice(0, 500).map(({ id }) => id);
  if (ids.length === 0) return [];
  const answer = await asked<ReconciliationAnswer>(ask, { ask: 'repair', ids, dryRun: true, actor: 'preview', reason: 'preview' });
  return ('repairs' in answer ? answer.repairs : []).map(({ id, key, outcome, revision }) => ({ item: id, verdict: outcome, detail: revision === null ? key : `${key}, revision ${String(revision)}` }));
}

interface Comparing {
  readonly runId: string;
  readonly done: boolean;
}

/** The ends are compared first; what is missing or too old at a reader is what has to be said again. */
export async function missingKeys(ask: Ask, job: Job, cursor: unknown): Promise<{ members: NewMember[]; next: Comparing | null; waitMs?: number }> {
  const { entity = '', keys } = job.selection;
  const { actor, reason } = job;
  if (cursor === null) {
    const { runId } = await asked<ReconciliationRunAnswer>(ask, { ask: 'run', entity, ...(keys === undefined ? {} : { keys }), actor, reason, dryRun: false });
    return { members: [], next: { runId, done: false } };
  }
  const { runId } = cursor as Comparing;
  if (endedRun(await standingOf(ask, runId)) === undefined) return { members: [], next: { runId, done: false }, waitMs: 1_000 };
  const missing = (await openDrift(ask, { entity })).filter(({ kind, key }) => (kind === 'missing' || kind === 'stale') && (keys === undefined || keys.includes(key)));
  const owner = job.selection.system;
  return { members: missing.map(({ key, authority }) => ({ target: owner ?? ownerOf(entity, authority), entity, item: key })), next: null };
}

/** The end that is right may be the source itself; who says it again is the adapter of it. */
function ownerOf(entity: string, authority: string): string {
  const systems = contracts.find((contract) => contract.entity === entity && contract.kind === 'state')?.systems ?? [];
  return systems.includes(authority) ? authority : (systems[0] ?? authority);
}

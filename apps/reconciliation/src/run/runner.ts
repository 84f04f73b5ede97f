/**
 * The life of a check: compare, look again after the settle time, repair, prove it, until its time comes again.
 * 1. One process does a check at a time: a lease per check, held only while there is something to do, and asserted in each transaction.
 * 2. Nothing is in memory that is not in the tables: each step commits its suspects with its position.
 * 3. A check waits by its due time and never by sleeping, so one process does all of them, one after the other: reconciliation is the
 *    lowest lane (R3), and never more than one page of one comparison is in memory.
 * 4. Drift closes by a look at both ends, never because a repair was asked for (X3).
 */
import { Lease } from '@steward/event-bus';
import { type Clock, type Database, gauge, type Logger } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Check, Comparison, Suspect } from '../check/define-check';
import { closeAgreed, countOpenDrift, dueRepairs, giveUpRepairs, openKeys, recordDrift, underRepair } from '../drift/drift.store';
import type { Repairer } from '../drift/repair';
import {
  beginRun, type CheckState, countFound, dropSuspects, dueChecks, dueSuspects, endRun, forget, nextLook, postpone, putSuspects, readRun, readState, registerChecks, type Run, saveStep, setPhase,
} from './run.store';

interface RunnerOptions {
  readonly checks: readonly Check[];
  readonly comparisonOf: (check: Check) => Comparison;
  readonly repairer: Repairer;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How long a check that failed is left alone. */
  readonly againAfterMs?: number;
  /** Between two looks at a repair that is under way. */
  readonly recheckMs?: number;
}

/** Suspects of one second look: some hundred kilobytes of evidence from each end. */
const LOOKED_AT_ONCE = 100;
/** More than this, and something is wrong as a whole: the rest is found by the next run, when these are repaired. */
const MOST_SUSPECTS = 20_000;
const MOST_LOOKS = 6;
/** Looks at a repair, at least, until it counts as failed. */
const LEAST_RECHECKS = 10;
const recheckMsByDefault = 500;
const IDLE_MS = 1_000;
const LEASE_TTL_MS = 10_000;
const LEASE_WITHIN_MS = 2_000;
const MOST_FAILURES = 10;
const KEEP_MS = 30 * 24 * 3_600_000;

const openDrift = gauge('steward_drift_open', 'Differences that are confirmed and not closed', ['check', 'entity', 'cause']);
const matchRatio = gauge('steward_reconciliation_match_ratio', 'Of the last run: keys that agreed among those compared', ['check']);

/** What a check is worked on with: asserting throws when another process has taken over. */
interface Hold {
  readonly check: Check;
  readonly comparison: Comparison;
  readonly signal: AbortSignal;
  readonly commit: <T>(work: (tx: PoolClient) => Promise<T>) => Promise<T>;
}

export class Runner {
  private readonly stopping = new AbortController();
  private readonly byName: ReadonlyMap<string, Check>;
  private loop: Promise<void> | undefined;
  private wakeUp = new AbortController();

  constructor(private readonly options: RunnerOptions) {
    this.byName = new Map(options.checks.map((check) => [check.name, check]));
    if (this.byName.size !== options.checks.length) throw new TypeError('two checks have the same name');
  }

  async start(): Promise<void> {
    await registerChecks(this.options.database, this.options.checks, this.options.clock.now());
    this.loop ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.wakeUp.abort();
    await this.loop;
  }

  /** Somebody asked for a run. */
  wake(): void {
    this.wakeUp.abort();
  }

  private async run(): Promise<void> {
    const { clock, logger } = this.options;
    while (!this.stopping.signal.aborted) {
      let worked = false;
      try {
        worked = await this.turn();
      } catch (error) {
        logger.warn({ err: error }, 'checks wait, trying again');
      }
      if (worked) continue;
      await clock.sleep(IDLE_MS, AbortSignal.any([this.stopping.signal, this.wakeUp.signal]));
      this.wakeUp = new AbortController();
    }
  }

  /** Goes on with one check that is due; false when none is, or all of them are somebody else's. */
  private async turn(): Promise<boolean> {
    const { database, clock } = this.options;
    for (const name of await dueChecks(database, [...this.byName.keys()], new Date(clock.now()))) {
      const check = this.byName.get(name);
      if (check !== undefined && (await this.underLease(check))) return true;
    }
    return false;
  }

  private async underLease(check: Check): Promise<boolean> {
    const { database, clock, logger } = this.options;
    const lease = new Lease({ database, name: `check ${check.name}`, clock, logger, ttlMs: LEASE_TTL_MS });
    const lost = new AbortController();
    lease.onLost(() => lost.abort());
    const held = new Promise<void>((resolve) => lease.onAcquired(resolve));
    const signal = AbortSignal.any([this.stopping.signal, lost.signal]);
    lease.start();
    try {
      const late = new AbortController();
      await Promise.race([held, clock.sleep(LEASE_WITHIN_MS, AbortSignal.any([late.signal, this.stopping.signal]))]).finally(() => late.abort());
      if (lease.fence() === undefined || signal.aborted) return false;
      const commit = <T>(work: (tx: PoolClient) => Promise<T>): Promise<T> =>
        database.transaction(async (tx) => {
          await lease.assert(tx);
          return work(tx);
        });
      await this.goOn({ check, comparison: this.options.comparisonOf(check), signal, commit });
      return true;
    } finally {
      await lease.stop();
    }
  }

  /** As far as it gets without waiting. */
  private async goOn(hold: Hold): Promise<void> {
    const { check, signal, commit } = hold;
    const { database, clock, logger, againAfterMs = 5_000 } = this.options;
    const state = await readState(database, check.name);
    if (state === undefined) return;
    try {
      if (state.phase === 'idle' || state.phase === 'comparing') await this.compare(hold, state);
      if (signal.aborted) return;
      const now = await readState(database, check.name);
      if (now?.phase === 'settling') await this.lookAgain(hold, now);
      else if (now?.phase === 'rechecking') await this.recheck(hold, now);
    } catch (error) {
      if (signal.aborted) return;
      logger.warn({ err: error, check: check.name, phase: state.phase }, 'a check could not go on, tried again later');
      // A service that starts, a source that sheds what is not urgent (R3): it goes on where it is.
      const failures = await commit((tx) => postpone(tx, check.name, new Date(clock.now() + againAfterMs)));
      if (failures < MOST_FAILURES) return;
      const { runId } = (await readState(database, check.name)) ?? state;
      const problem = (error instanceof Error ? error.message : String(error)).slice(0, 500);
      await commit((tx) => endRun(tx, check.name, runId, { now: new Date(clock.now()), dueAt: new Date(clock.now() + check.cadenceMs), problem }));
    }
    await this.measure();
  }

  private async compare(hold: Hold, state: CheckState): Promise<void> {
    const { check, comparison, signal, commit } = hold;
    const { database, clock } = this.options;
    const { name, settleMs } = check;
    const known = state.phase === 'comparing' && state.runId !== null ? await readRun(database, state.runId) : undefined;
    const run = known ?? (await commit((tx) => beginRun(tx, name, new Date(clock.now()))));
    const lookAt = (): Date => new Date(clock.now() + settleMs);
    if (run.keys !== null) {
      const suspects = await comparison.look(run.keys);
      await commit(async (tx) => {
        await saveStep(tx, name, { runId: run.id, cursor: null, compared: suspects.length, suspects, lookAt: lookAt() });
        await closeUnnamed(tx, run, { name, keys: run.keys ?? [], suspects, now: new Date(clock.now()) });
      });
    } else {
      let seen = 0;
      for await (const step of comparison.steps(known === undefined ? null : state.cursor, signal)) {
        if (signal.aborted) return;
        await commit((tx) => saveStep(tx, name, { ...step, runId: run.id, lookAt: lookAt() }));
        seen += step.suspects.length;
        if (seen >= MOST_SUSPECTS) break;
      }
      // What was open is looked at whether or not it was met: it may have closed by itself.
      const open = await openKeys(database, name, MOST_SUSPECTS);
      for (let from = 0; from < open.length; from += LOOKED_AT_ONCE) {
        const keys = open.slice(from, from + LOOKED_AT_ONCE);
        const suspects = await comparison.look(keys);
        await commit(async (tx) => {
          await putSuspects(tx, name, suspects, lookAt());
          await closeUnnamed(tx, run, { name, keys, suspects, now: new Date(clock.now()) });
        });
      }
    }
    const { at } = await nextLook(database, name);
    await commit((tx) => setPhase(tx, name, 'settling', at ?? new Date(clock.now())));
  }

  private async lookAgain(hold: Hold, state: CheckState): Promise<void> {
    const { check, signal, commit } = hold;
    const { database, clock } = this.options;
    const run = state.runId === null ? undefined : await readRun(database, state.runId);
    const began = new Date(clock.now());
    for (;;) {
      if (signal.aborted) return;
      const due = await dueSuspects(database, check.name, began, LOOKED_AT_ONCE);
      if (due.length === 0) break;
      await this.settle(hold, due, run);
    }
    const { at } = await nextLook(database, check.name);
    if (at !== null) return commit((tx) => setPhase(tx, check.name, 'settling', at));
    if (run?.dryRun !== true) await this.repair(hold);
    return this.finishOrRecheck(hold, state.runId);
  }

  /** One batch: what agrees goes, what moves stays, what differs is recorded. */
  private async settle({ check, comparison, commit }: Hold, due: readonly (Suspect & { readonly looks: number })[], run: Run | undefined): Promise<void> {
    const now = new Date(this.options.clock.now());
    const looked = await comparison.confirm(due);
    const { found } = looked;
    // What never comes to rest is alive: the next run looks at it again.
    const tired = new Set(due.filter(({ looks }) => looks >= MOST_LOOKS).map(({ key }) => key));
    const again = looked.again.filter(({ key }) => !tired.has(key));
    const moving = new Set(again.map(({ key }) => key));
    const wrong = new Set(found.map(({ key }) => key));
    const keys = due.map(({ key }) => key);
    await commit(async (tx) => {
      await dropSuspects(tx, check.name, keys.filter((key) => !moving.has(key)));
      await putSuspects(tx, check.name, again, new Date(now.getTime() + check.settleMs));
      if (run !== undefined) await countFound(tx, run.id, found.length);
      if (run?.dryRun === true) return;
      await recordDrift(tx, check, found, now);
      await closeAgreed(tx, check.name, keys.filter((key) => !moving.has(key) && !wrong.has(key) && !tired.has(key)), now);
    });
  }

  private async repair({ check, commit, signal }: Hold): Promise<void> {
    for (;;) {
      if (signal.aborted) return;
      const due = await dueRepairs(this.options.database, check.name, LOOKED_AT_ONCE);
      if (due.length === 0) return;
      await this.options.repairer.ask(due, { actor: 'steward', reason: `automatic by the contract of ${check.contract.entity}` }, commit);
    }
  }

  /** Proves repairs. What does not agree within a settle time waits for the next run, or for a person. */
  private async recheck(hold: Hold, state: CheckState): Promise<void> {
    const { check, comparison, signal, commit } = hold;
    const { database, clock, recheckMs = recheckMsByDefault } = this.options;
    const now = new Date(clock.now());
    const under = await underRepair(database, check.name, MOST_SUSPECTS);
    for (let from = 0; from < under.length && !signal.aborted; from += LOOKED_AT_ONCE) {
      const keys = under.slice(from, from + LOOKED_AT_ONCE).map(({ key }) => key);
      const { found, again } = await comparison.confirm(await comparison.look(keys));
      const open = new Set([...found, ...again].map(({ key }) => key));
      await commit((tx) => closeAgreed(tx, check.name, keys.filter((key) => !open.has(key)), now));
    }
    await commit((tx) => giveUpRepairs(tx, check.name, new Date(now.getTime() - Math.max(check.settleMs, LEAST_RECHECKS * recheckMs))));
    return this.finishOrRecheck(hold, state.runId);
  }

  private async finishOrRecheck({ check, commit }: Hold, runId: string | null): Promise<void> {
    const { database, clock, recheckMs = recheckMsByDefault } = this.options;
    const now = clock.now();
    if ((await underRepair(database, check.name, 1)).length > 0) return commit((tx) => setPhase(tx, check.name, 'rechecking', new Date(now + recheckMs)));
    const started = (await readState(database, check.name))?.lastStartedAt?.getTime() ?? now;
    await commit((tx) => endRun(tx, check.name, runId, { now: new Date(now), dueAt: new Date(Math.max(started + check.cadenceMs, now + IDLE_MS)), problem: null }));
    await forget(database, new Date(now - KEEP_MS));
  }

  private async measure(): Promise<void> {
    const { database } = this.options;
    const ratios = await database.query<{ name: string; match_ratio: number }>('select name, match_ratio from check_state where match_ratio is not null');
    for (const { name, match_ratio: ratio } of ratios) matchRatio.set({ check: name }, ratio);
    openDrift.reset();
    for (const { name, entity, cause, count } of await countOpenDrift(database)) openDrift.set({ check: name, entity, cause }, count);
  }
}

/** A rule names only what breaks it: no second look comes to the rest, whose drift ends with this one (X3). */
async function closeUnnamed(tx: PoolClient, run: Pick<Run, 'dryRun'>, { name, keys, suspects, now }: { name: string; keys: readonly string[]; suspects: readonly Suspect[]; now: Date }): Promise<void> {
  if (run.dryRun) return;
  const named = new Set(suspects.map(({ key }) => key));
  await closeAgreed(tx, name, keys.filter((key) => !named.has(key)), now);
}

/**
 * Makes a read model anew beside the live one and swaps them when somebody says so (ADR 0029). One turn does one thing: a page of a snapshot,
 * the catching up, the swap, or dropping what is left. All that it knows is in the rows (beside.store.ts), so any process goes on where
 * another one was killed.
 */
import { randomUUID } from 'node:crypto';
import type { BesideAnswer } from '@steward/contracts';
import { BackgroundLoop, type Clock, currentTraceparent, type Database, inSpan, type Logger, startSpan } from '@steward/platform';
import { digestRoot } from '../../digest/digest';
import { scrubDigest } from '../../digest/kept';
import type { Work } from '../work';
import {
  type BesideAct, becomeReady, becomeTidy, beginAnew, beginBeside, beginFilling, beginTry, cancelBeside, claimBeside, type ClaimedBeside, endSourcePage, nextSource, postponeBeside, refuseSwap, type Source, standingBeside,
  wishSwap,
} from './beside.store';
import { fillPage, targetsOf } from './fill';
import { type AskSnapshot, type Target, targetOf } from '../rebuild/snapshot-page';
import { analyzeSecond, dropSecond, isAlike, makeSecond } from './second-schema';
import { compareAll, type DerivedModel, settle, shownOf, swapModels } from './swap';

export interface BesideOptions {
  readonly works: readonly Work[];
  /** In the order in which they are read: what is composed of others last. */
  readonly sources: readonly Source[];
  readonly model: DerivedModel;
  /** `ask` of the service's rpc client. */
  readonly ask: AskSnapshot;
  /** A pool of its own, without migrations: its time limits are those of a swap, and nobody waits for a connection of it. */
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs?: number;
  readonly pageSize?: number;
}

/** Of that, several at once. */
export const besidePool = { poolSize: 4, statementTimeoutMs: 600_000 } as const;

const pageSizeByDefault = 500;
const askAgainAfterMs = 2_000;
/** What came while the round before it ran is less each time; the last round is under the lock. */
const mostRounds = 5;
const fewLeft = 500;

export class BesideRebuilder {
  private readonly worker = randomUUID();
  private readonly targets: readonly Target[];
  private readonly loop: BackgroundLoop;

  constructor(private readonly options: BesideOptions) {
    const { works, sources, database, clock, logger, everyMs = 1_000 } = options;
    this.targets = targetsOf(works, sources, database);
    const turn = async (): Promise<number> => ((await this.step()) ? 0 : everyMs);
    this.loop = new BackgroundLoop({ clock, logger, turn, pauseMs: askAgainAfterMs, failed: 'a rebuild beside the live model waits, trying again' });
  }

  start(): void {
    this.loop.start();
  }

  async stop(): Promise<void> {
    await this.loop.stop();
  }

  async begin(act: BesideAct): Promise<void> {
    await beginBeside(this.options.database, this.options.sources, act);
  }

  /** The reason why it can't be asked for; undefined when it was. */
  async swap(act: BesideAct): Promise<string | undefined> {
    if (await wishSwap(this.options.database, act)) return undefined;
    const standing = await standingBeside(this.options.database);
    if (standing?.state !== 'filling') return 'there is no second model that could be swapped';
    return `not caught up: ${standing.left.length > 0 ? `the snapshots of ${standing.left.join(', ')} are not through` : 'what came meanwhile is being brought over'}${standing.problem === null ? '' : `; ${standing.problem}`}`;
  }

  async cancel(act: BesideAct): Promise<string | undefined> {
    return (await cancelBeside(this.options.database, act)) ? undefined : 'there is no second model that could be dropped';
  }

  async standing(): Promise<BesideAnswer> {
    const { database } = this.options;
    const beside = await standingBeside(database);
    const live: BesideAnswer['live'][number][] = [];
    // One after the other: a swap under way needs the other connections.
    for (const { contract: { entity, systems } } of this.targets) live.push({ entity, systems, holds: await digestRoot(database, 'stored_part', entity) });
    return { beside, live };
  }

  /** False when there was nothing to do. */
  private async step(): Promise<boolean> {
    const { database, logger } = this.options;
    const root = startSpan('rebuild beside', { parent: null });
    const claimed = await claimBeside(database, this.worker, currentTraceparent(root));
    if (claimed === undefined) return false;
    if (claimed.traceparent === currentTraceparent(root)) root.end();
    try {
      await inSpan(`rebuild beside: ${claimed.state}`, { parent: claimed.traceparent }, () => this.turn(claimed));
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      logger.warn({ err: error, rebuild: claimed.id }, 'a rebuild beside the live model failed at a step, trying again');
      await postponeBeside(database, claimed.id, problem, askAgainAfterMs);
    }
    return true;
  }

  private async turn({ id, state, since }: ClaimedBeside): Promise<void> {
    const { database, logger } = this.options;
    if (state === 'swapped' || state === 'cancelled') {
      await dropSecond(database);
      // Whoever edited or emptied tables by hand has told the digests nothing of it.
      if (state === 'swapped') for (const { contract } of this.targets) await database.transaction((tx) => scrubDigest(tx, 'stored_part', contract.entity));
      await becomeTidy(database, id);
      logger.info({ rebuild: id, state }, 'the second model is gone');
      return;
    }
    if (since === null || !(await isAlike(database))) return this.beginAnew(id);
    const source = await nextSource(database, id);
    if (source === undefined) return state === 'filling' ? this.becomeReady(id, since) : this.swapNow(id, since);
    const tries = await beginTry(database, id, this.worker);
    if (tries === undefined) return;
    const { ask, pageSize = pageSizeByDefault } = this.options;
    const { items, next, afterMs } = await fillPage(targetOf(this.targets, source), source.system, source.cursor, { ask, limit: pageSize, tries });
    if (afterMs > 0) return postponeBeside(database, id, `an item of ${source.entity} failed and is tried again with its page`, afterMs);
    await endSourcePage(database, id, source, { items, next });
  }

  private async beginAnew(id: string): Promise<void> {
    const { database } = this.options;
    await beginAnew(database, id, 'the tables of the live model were changed by a release meanwhile: the second model is filled anew');
    await makeSecond(database);
    await beginFilling(database, id);
  }

  private async becomeReady(id: string, since: Date): Promise<void> {
    const { database, logger } = this.options;
    await analyzeSecond(database);
    await this.approach(since);
    const compared = await database.transaction((tx) => compareAll(tx, database, this.targets, since));
    await becomeReady(database, id, shownOf(compared));
    logger.info({ rebuild: id, compared: shownOf(compared) }, 'the second model is ready');
  }

  private async swapNow(id: string, since: Date): Promise<void> {
    const { database, logger, model } = this.options;
    await this.approach(since);
    const outcome = await swapModels(database, id, this.targets, model);
    if (outcome.kind === 'refused') {
      await refuseSwap(database, id, outcome.reason, outcome.compared);
      logger.warn({ rebuild: id, reason: outcome.reason }, 'the models were not swapped');
    } else if (outcome.kind === 'swapped') logger.info({ rebuild: id }, 'the second model is the live one');
  }

  private async approach(since: Date): Promise<void> {
    const { database, model } = this.options;
    for (let round = 0; round < mostRounds; round += 1) if ((await settle(database, this.targets, since, model)) < fewLeft) return;
  }
}

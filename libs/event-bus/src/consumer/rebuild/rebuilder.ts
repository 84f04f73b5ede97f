/**
 * Makes a read model equal to its owner again (B12): asks the owner's snapshot page by page and applies it beside the live traffic.
 * 1. Every item goes the way of a message: contract check, gate, projection, dead letter. The revision decides, so live changes that
 *    come meanwhile win where they are newer (I3), and what the durable brings twice is known.
 * 2. One page in hand, one transaction at a time: live batches keep their connections and wait for its row locks at most.
 * 3. Everything that it knows is in the rebuild's row (rebuild.store.ts): any process goes on where another one was killed.
 * 4. It begins by an act. By itself only where the durable proves the loss: messages of it were acknowledged, and the database that
 *    should hold what they said holds nothing of the entity. A durable that was never acknowledged gets everything from its stream.
 */
import { randomUUID } from 'node:crypto';
import { snapshotSubject, streamOf } from '@steward/contracts';
import { type Clock, currentTraceparent, type Database, inSpan, type Logger, startSpan } from '@steward/platform';
import { scrubDigest } from '../../digest/kept';
import type { JetStreamStrategy } from '../jetstream.strategy';
import type { Work } from '../work';
import { rebuildGate } from './rebuild-gate';
import { beginPage, claimRebuild, endPage, type OpenRebuild, postponePage, requestRebuild } from './rebuild.store';
import { messageOfItem } from './snapshot-message';
import { applyMessages, type AskSnapshot, type Target, targetOf } from './snapshot-page';

export interface RebuilderOptions {
  readonly strategy: Pick<JetStreamStrategy, 'works' | 'acknowledgedBefore'>;
  readonly ask: AskSnapshot;
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly everyMs?: number;
  readonly pageSize?: number;
}

/** Below a live batch's 500: a live change may have to wait for this transaction. */
const pageSizeByDefault = 200;
const askAgainAfterMs = 2_000;

interface Model extends Target {
  readonly builds: string;
}

export class Rebuilder {
  private readonly worker = randomUUID();
  private readonly targets: readonly Model[];
  /** Of which nothing was stored when this process began. */
  private empty: readonly Model[] = [];
  private readonly stopping = new AbortController();
  private loop: Promise<void> | undefined;

  constructor(private readonly options: RebuilderOptions) {
    this.targets = options.strategy.works().flatMap((work) => [...work.projections.values()].map(({ contract, builds }) => ({ work, contract, builds })));
  }

  /** To be awaited before the strategy listens: afterwards an empty read model may already hold the first live messages. */
  async start(): Promise<void> {
    const stored = await this.options.database.query<{ entity: string }>(
      'select entity from unnest($1::text[]) as u(entity) where exists (select from stored_part s where s.entity = u.entity)', [this.entities()]);
    this.empty = this.targets.filter(({ contract }) => !stored.some(({ entity }) => entity === contract.entity));
    this.loop ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
  }

  private async run(): Promise<void> {
    const { clock, logger, everyMs = 2_000 } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      let worked = false;
      try {
        await this.requestProven();
        worked = await this.step();
      } catch (error) {
        logger.warn({ err: error }, 'a rebuild waits, trying again');
      }
      if (!worked) await clock.sleep(everyMs, signal);
    }
  }

  private entities(): string[] {
    return [...new Set(this.targets.map(({ contract }) => contract.entity))];
  }

  private async requestProven(): Promise<void> {
    const { database, strategy, logger } = this.options;
    for (const target of this.empty) {
      const { work, contract, builds } = target;
      const acknowledged = strategy.acknowledgedBefore(builds, work.stream);
      if (acknowledged === undefined) continue;
      if (acknowledged > 0) {
        await requestRebuild(database, contract, { actor: 'steward', reason: `${work.consumer} had acknowledged ${acknowledged} messages, and nothing of them was stored` }, systemsBehind(target));
        logger.warn({ consumer: work.consumer, entity: contract.entity, acknowledged }, 'the read model is empty and its durable is not: rebuilding from the owner');
      }
      this.empty = this.empty.filter((each) => each !== target);
    }
  }

  /** One page; false when there is none to do. */
  private async step(): Promise<boolean> {
    const { database, logger } = this.options;
    const root = startSpan('rebuild', { parent: null });
    const rebuild = await claimRebuild(database, this.worker, this.entities(), currentTraceparent(root));
    if (rebuild === undefined) return false;
    if (rebuild.traceparent === currentTraceparent(root)) root.setAttributes({ 'steward.entity': rebuild.entity, 'steward.system': rebuild.system }).end();
    const target = targetOf(this.targets, rebuild);
    try {
      await inSpan(`rebuild ${rebuild.entity}`, { parent: rebuild.traceparent }, () => this.applyPage(rebuild, target));
    } catch (error) {
      const problem = error instanceof Error ? error.message : String(error);
      logger.warn({ err: error, entity: rebuild.entity, system: rebuild.system }, 'a page of a rebuild failed, trying again');
      await postponePage(database, { id: rebuild.id, worker: this.worker }, problem, askAgainAfterMs);
    }
    return true;
  }

  private async applyPage(rebuild: OpenRebuild, { work, contract }: Target): Promise<void> {
    const { database, ask, logger, pageSize = pageSizeByDefault } = this.options;
    const { id, entity, system, cursor } = rebuild;
    const mine = { id, worker: this.worker };
    const traceparent = currentTraceparent();
    // Whoever emptied the tables by hand has told the digests nothing of it.
    if (cursor === null) await database.transaction((tx) => scrubDigest(tx, 'stored_part', entity));
    const { items, next } = await ask(snapshotSubject(system), { entity, after: cursor, limit: pageSize, traceparent });
    const tries = await beginPage(database, mine);
    if (tries === undefined) return;
    const afterMs = await applyMessages(rebuilding(work), items.map((item) => messageOfItem(contract, system, item, traceparent)), tries);
    if (afterMs > 0) return postponePage(database, mine, 'an item failed and is tried again with its page', afterMs);
    await endPage(database, mine, { items: items.length, next });
    if (next === null) logger.info({ entity, system, rebuild: id }, 'rebuilt from the owner');
  }
}

/** Whose messages this durable brings. */
const systemsBehind = ({ contract, work }: Target): string[] => contract.systems.filter((system) => streamOf(contract, system).name === work.stream);

/** What is old or applied anew here says nothing about live traffic, and is no second effect of its message (T4). */
const rebuilding = (work: Work): Work => ({ ...work, gate: rebuildGate, journal: false, meter: { ...work.meter, propagated: () => undefined } });

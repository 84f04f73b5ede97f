/**
 * The life of one feed.
 * 1. It reads only while this process holds the lease, and begins from what the tables say each time it gets it: another
 *    process may have moved on meanwhile.
 * 2. Four readers and the claim run side by side; what they announce meets in the announcer, one transaction at a time.
 * 3. Losing the lease, a pause of the flow or stopping ends all of them before anything begins anew. Paused, it does not even claim
 *    progress: what is not read is not fresh.
 */
import { typeOf } from '@steward/contracts';
import { type EpochChange, type Flow, type FlowSwitch, type Lease, promiseOf, Rate } from '@steward/event-bus';
import type { Clock, Database, Logger } from '@steward/platform';
import type { PoolClient } from 'pg';
import { type AfterRead, Announcer } from '../announce/announcer';
import { ReadNumbers } from '../announce/read-numbers';
import { fullPass } from '../pass/full-pass';
import { HeldChangeStore } from '../guard/held-change.store';
import type { Feed } from '../source/define';
import { answerHints } from './answer-hints';
import { Bell } from '../loop/bell';
import { type Claim, claimProgress } from './claim-progress';
import { FeedStore, lookAtFeed } from './feed.store';
import { loop } from '../loop/loop';
import { pollChanges } from './poll-changes';
import type { Reading } from './reading';
import { rereadOverlap } from './reread-overlap';

export interface FeedRunnerOptions {
  readonly system: string;
  readonly vendor: string;
  readonly feed: Feed;
  readonly database: Pick<Database, 'query' | 'transaction' | 'onBroken'>;
  readonly lease: Pick<Lease, 'assert' | 'fence' | 'onAcquired' | 'onLost'>;
  readonly clock: Clock;
  readonly logger: Logger;
  readonly progressEveryMs?: number;
  /** How often the hint table is looked at without a ring. */
  readonly hintsEveryMs?: number;
  /** Asked once, when nothing was announced yet: above every revision that may ever have been given (ADR 0005). */
  readonly revisionFloor: () => Promise<number>;
  readonly afterRead?: AfterRead | undefined;
  readonly flowSwitch?: Pick<FlowSwitch, 'pauseOf' | 'onChange'>;
}

/** How soon a release of a held change, written by somebody else, is noticed. */
const passLookMs = 5_000;
const unacknowledgedLookMs = 250;

export class FeedRunner {
  private readonly stopping = new AbortController();
  private readonly lifted = new Bell();
  private readonly bells = { poll: new Bell(), hints: new Bell(), page: new Bell() };
  /** Of each reader: ends its pause after a failure. */
  private readonly again = new Set<Bell>();
  private readonly rate = new Rate();
  private running: Promise<void> | undefined;
  private announcer: Announcer | undefined;
  private current: Reading | undefined;

  constructor(private readonly options: FeedRunnerOptions) {}

  get entity(): string {
    return this.options.feed.contract.entity;
  }

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.running;
  }

  /** There are new hints. */
  hinted(): void {
    this.bells.hints.ring();
  }

  /** R4: readers that wait after a failure have nothing to wait for, or one of them is to find out. */
  sourceMayBeBack(): void {
    for (const bell of this.again) bell.ring();
  }

  /** How far it is, while this process is the one that reads. */
  position(): { readonly imported: boolean; readonly completeUpTo: Date | null } {
    const { importedAt = null, completeUpTo = null } = this.current?.state ?? {};
    return { imported: importedAt !== null, completeUpTo };
  }

  flow(): Flow {
    const { database, clock, vendor, feed } = this.options;
    const { entity } = feed.contract;
    return {
      flow: this.name, kind: 'feed', entity, connector: vendor, promiseMs: promiseOf(feed.contract),
      look: async () => {
        const { completeUpTo, hinted } = await lookAtFeed(database, entity, vendor);
        return { latenessMs: completeUpTo === null ? null : Math.max(0, clock.now() - completeUpTo.getTime()), held: hinted, perSecond: this.current === undefined ? null : this.rate.perSecond() };
      },
    };
  }

  private get name(): string {
    return `${this.options.system}.${this.options.feed.contract.entity}`;
  }

  private paused(): boolean {
    return this.options.flowSwitch?.pauseOf(this.name) !== undefined;
  }

  /** B10: what the lost stream held, in the relay's transaction. */
  async rebuild(tx: PoolClient, change: EpochChange): Promise<number> {
    if (!change.types.includes(typeOf(this.options.feed.contract, this.options.system))) return 0;
    this.announcer ??= this.openAnnouncer();
    return this.announcer.rebuild(tx, change.to);
  }

  private async run(): Promise<void> {
    const { database, lease, clock, logger, feed } = this.options;
    const { signal } = this.stopping;
    const { flowSwitch } = this.options;
    const unsubscribe = [lease.onAcquired(() => this.lifted.ring()), flowSwitch?.onChange(() => this.lifted.ring()) ?? (() => undefined), database.onBroken(() => this.announcer?.marksInDoubt())];
    const { entity } = feed.contract;
    await loop({
      name: `${entity} lease`,
      clock,
      logger,
      signal,
      bell: this.lifted,
      turn: async () => {
        const fence = lease.fence();
        if (fence !== undefined && !this.paused()) await this.readWhileHeld();
        return 1_000;
      },
    });
    for (const each of unsubscribe) each();
  }

  private async readWhileHeld(): Promise<void> {
    const held = new AbortController();
    const unsubscribe = [
      this.options.lease.onLost(() => held.abort()),
      this.options.flowSwitch?.onChange(() => this.paused() && held.abort()) ?? (() => undefined),
    ];
    try {
      const reading = await this.open(AbortSignal.any([held.signal, this.stopping.signal]));
      this.current = reading;
      await Promise.all(this.readers(reading));
    } finally {
      for (const each of unsubscribe) each();
      this.current = undefined;
    }
  }

  private async open(signal: AbortSignal): Promise<Reading> {
    const { system, vendor, feed, database, lease, clock, logger } = this.options;
    const store = new FeedStore(feed.contract.entity, vendor);
    const announcer = this.openAnnouncer();
    this.announcer = announcer;
    const state = await store.load(database);
    await announcer.load();
    announcer.revisionFloor = state.revisionFloor;
    const anything = await database.query('select 1 from announced where entity = $1 limit 1', [feed.contract.entity]);
    if (anything.length === 0) {
      const floor = await this.options.revisionFloor();
      await database.transaction((tx) => store.raiseRevisionFloor(tx, floor));
      announcer.revisionFloor = Math.max(floor, state.revisionFloor);
    }
    const held = new HeldChangeStore(feed.contract, vendor);
    const reads = announcer.reads;
    return { system, feed, database, lease, clock, logger, reads, announcer, store, held, signal, bells: this.bells, state, polling: { begun: 0, ended: 0, pages: 0 } };
  }

  private openAnnouncer(): Announcer {
    const { system, vendor, feed, database, lease, clock, logger, afterRead } = this.options;
    return new Announcer({ system, vendor, feed, database, lease, logger, afterRead, reads: new ReadNumbers(database, clock), onChanged: (count) => this.rate.add(count) });
  }

  private readers(reading: Reading): Promise<void>[] {
    const { clock, logger, signal, bells, feed } = reading;
    const { progressEveryMs = 15_000, hintsEveryMs = 1_000 } = this.options;
    const { pace, contract } = feed;
    const claim: Claim = { claimed: 0, waiting: undefined, toldTooMany: false };
    const reader = (name: string, turn: () => Promise<number>, bell = new Bell()): Promise<void> => {
      const again = new Bell();
      this.again.add(again);
      return loop({ name: `${contract.entity} ${name}`, clock, logger, signal, bell, again, turn }).finally(() => this.again.delete(again));
    };
    return [
      reader('changes', async () => (await pollChanges(reading), pace.pollEveryMs), bells.poll),
      reader('overlap', async () => {
        if (reading.state.importedAt === null) return Math.min(1_000, pace.overlapEveryMs);
        await rereadOverlap(reading);
        return pace.overlapEveryMs;
      }),
      reader('pass', async () => {
        const dueIn = await this.passDueIn(reading);
        if (dueIn > 0) return Math.min(dueIn, passLookMs);
        await fullPass(reading);
        return Math.min(pace.fullPassEveryMs, passLookMs);
      }),
      reader('hints', async () => ((await answerHints(reading)) ? 0 : hintsEveryMs), bells.hints),
      reader('progress', async () => {
        const messages = await claimProgress(reading, claim);
        // A claim of many parts is a lot to say; none of its feed grows old within the minutes that it is said less often.
        if (messages > 0) return progressEveryMs * messages;
        return claim.waiting === undefined ? Math.min(progressEveryMs, 1_000) : unacknowledgedLookMs;
      }),
    ];
  }

  /** After the import: reading everything twice at once would help nobody. */
  private async passDueIn(reading: Reading): Promise<number> {
    const { clock, store, database, feed } = reading;
    if (reading.state.importedAt === null) return 250;
    const { lastPassAt, pass } = await store.load(database);
    if (pass !== null || lastPassAt === null) return 0;
    reading.state = { ...reading.state, lastPassAt };
    return lastPassAt.getTime() + feed.pace.fullPassEveryMs - clock.now();
  }
}

/**
 * The life of one durable in this process: bind, take, apply, acknowledge, bind again.
 * 1. Batches of at most 500, of backfill 200, two transactions in flight of each, never with a key in common (lanes.ts).
 * 2. Commit, then acknowledge (C1); only `settle` acknowledges, and only for the session that delivered (session.ts).
 * 3. What is in hand longer than a third of ack_wait is reported as being worked on (B4).
 * 4. The infrastructure's failures are waited out with the messages in hand: a nak would count as a delivery (C5b).
 * 5. Whatever ends a session, the loop binds again, with jitter, until it is stopped (B3). A watchdog ends sessions that have
 *    something pending and get nothing (B2). A durable that the broker calls missing for `missingWithinMs` without a break ends the
 *    process with a code (B7); an outage of the broker is waited out, however long it lasts (B3).
 * 6. Paused, it pulls nothing and gives back what it has not begun; what comes meanwhile waits in the stream. That is no reason not to
 *    be ready: nothing is wrong with it.
 * 7. Stop (C10): no more pulls, transactions in flight finish, the rest is given back at once, nothing is counted. What does not
 *    finish in time is given back too: should it commit all the same, the gates know it when it comes again.
 */
import { StewardError, through } from '@steward/platform';
import type { Broker } from '../../broker';
import type { Rate } from '../../flow/rate';
import { namedBrokerError } from '../../broker';
import type { AfterCommit } from '../apply';
import { classify } from '../failure';
import { releaseHeld } from '../held-release';
import { Behind } from './behind';
import { doneWithin } from './done-within';
import { Lanes } from './lanes';
import { Pausing } from './pausing';
import type { Progress } from './progress';
import { runBatch } from '../runner';
import { isBackfill } from './wire-headers';
import { type EndCause, type Message, openSession, type Session } from './session';
import { inSpans } from '../telemetry/spans';
import { type Delivered, type Outcome, readFor, type Work } from '../work';

interface InHand {
  readonly lane: string;
  readonly backfill: boolean;
  readonly message: Message;
  readonly session: Session;
  readonly receivedAtMs: number;
  /** When the broker last heard that it is in hand. */
  toldAtMs: number;
}

type Kind = 'live' | 'backfill';

const batchLimit = 500;
/** Its transactions hold locks that live ones may wait for. */
const backfillBatchLimit = 200;
const transactionsInFlight = 2;
/** Enough for the batches in flight and those that are on their way from the broker meanwhile. */
const inHandLimit = 4_000;
const infoEveryMs = 1_000;

export interface PullOptions {
  /** Since when its flow is paused; asked again whenever `pausedChanged` is called. */
  readonly pausedSince: () => Date | undefined;
  /** Of what was applied. */
  readonly rate: Rate;
  /** B7: how long its durable or stream may be missing. */
  readonly missingWithinMs: number;
  /** B2: pending messages, and none delivered for so long. */
  readonly stuckAfterMs: number;
  /** How long messages wait for others to share their transaction. */
  readonly gatherMs?: number;
  /** Ends the process. */
  readonly onFatal: (error: StewardError) => void;
}

export class PullLoop {
  readonly #lanes = new Lanes<InHand>();
  readonly #inFlight = new Set<InHand>();
  readonly #drains = new Set<Promise<void>>();
  readonly #drainsOf: Record<Kind, number> = { live: 0, backfill: 0 };
  readonly #releases = new Set<Promise<void>>();
  readonly #stop = new AbortController();
  readonly #pausing: Pausing;
  readonly #behind = new Behind();
  #session: Session | undefined;
  #reason: string | undefined = 'not bound yet';
  #lastMessageAtMs = 0;
  #missingSinceMs: number | undefined;
  #kicked = false;
  #gathering: NodeJS.Timeout | undefined;
  #running: Promise<void> = Promise.resolve();
  #timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly broker: Broker,
    private readonly work: Work,
    private readonly progress: Progress,
    private readonly wakeSweep: () => void,
    private readonly options: PullOptions,
  ) {
    this.#pausing = new Pausing(work.clock, options.pausedSince);
  }

  start(): void {
    this.#pausing.begins();
    this.#running = this.#run();
    this.#timers = [setInterval(() => void this.#watch(), infoEveryMs), setInterval(() => this.#tellWorking(), 1_000)];
  }

  /** undefined = bound; else why not. */
  notReady(): string | undefined {
    return this.#reason && `${this.work.consumer} on ${this.work.stream}: ${this.#reason}`;
  }

  get paused(): boolean {
    return this.#pausing.paused;
  }

  /** How long it was paused in all. */
  get pausedMs(): number {
    return this.#pausing.totalMs;
  }

  /** What waits, and for how long there has been something. */
  async behind(): Promise<Pick<Behind, 'waiting' | 'forMs'>> {
    // Nobody watches the durable of a paused flow.
    if (!this.#session?.alive()) this.#behind.note(await (await this.broker.js.consumers.get(this.work.stream, this.work.consumer)).info());
    return this.#behind;
  }

  /** Its flow was paused or resumed. */
  pausedChanged(): void {
    if (this.#pausing.begins()) void this.#letGo('paused');
  }

  async stop(withinMs: number): Promise<void> {
    this.#stop.abort();
    this.#reason = 'stopping';
    if (!(await doneWithin(withinMs, this.#letGo('stopped').then(() => this.#running)))) {
      const { consumer, stream, logger } = this.work;
      logger.error({ consumer, stream, withinMs, messages: this.#inFlight.size }, 'messages in hand were not finished in time: they come again');
      for (const each of [...this.#lanes.clear(), ...this.#inFlight]) this.#giveBack(each);
    }
    for (const timer of this.#timers) clearInterval(timer);
    clearTimeout(this.#gathering);
    this.#session?.end('stopped');
  }

  async #letGo(cause: EndCause): Promise<void> {
    const session = this.#session;
    await session?.drain();
    for (const each of this.#lanes.clear()) this.#giveBack(each);
    await Promise.allSettled([...this.#drains, ...this.#releases]);
    for (const each of this.#lanes.clear()) this.#giveBack(each);
    // Acknowledgements are fire and forget: what is still in the client's buffer would come again after the deploy.
    if (session?.alive()) await this.broker.nc.flush().catch(() => undefined);
    session?.end(cause);
  }

  async #run(): Promise<void> {
    const { clock, logger, consumer, stream } = this.work;
    for (let failures = 0; !this.#stop.signal.aborted; ) {
      if (this.#pausing.paused) {
        this.#reason = undefined;
        await this.#pausing.over(this.#stop.signal);
        continue;
      }
      try {
        this.#session = await openSession(this.broker, stream, consumer, (message, session) => this.#take(message, session), () => this.#room());
        // Stopped while it was binding: nobody else would end this session.
        if (this.#stop.signal.aborted) return this.#session.end('stopped');
        if (this.#pausing.paused) {
          this.#session.end('paused');
          continue;
        }
        this.progress.bound(consumer, stream, this.#session.acknowledgedBefore);
        this.#reason = undefined;
        this.#missingSinceMs = undefined;
        this.#lastMessageAtMs = performance.now();
        failures = 0;
        const cause = await this.#session.ended;
        // While stopping, the session still acknowledges what is in flight; `stop` ends it.
        if (this.#stop.signal.aborted) return;
        this.#session.end(cause);
        this.progress.forget(consumer, stream);
        if (cause === 'paused') continue;
        this.#reason = cause;
        this.work.meter.rebound(cause);
        logger.warn({ consumer, stream, cause }, 'consumer session ended, binding again');
      } catch (error) {
        const named = namedBrokerError(error, `binding ${consumer} on ${stream}`);
        this.#reason = named.message;
        if (failures++ % 10 === 0) logger.warn({ err: named, consumer, stream }, 'consumer not bound');
        this.#endWhenOverdue(named);
      }
      await clock.sleep(50 + Math.random() * Math.min(100 * 2 ** failures, 3_000), this.#stop.signal).catch(() => undefined);
    }
  }

  /** B7. Only an answer counts: while the broker is away, or just slow, nothing is known to be missing. */
  #endWhenOverdue(error: StewardError): void {
    const { missingWithinMs, onFatal } = this.options;
    const missing = (error.code === 'BROKER_DURABLE_MISSING' || error.code === 'BROKER_STREAM_MISSING') && this.broker.status() === 'up';
    this.#missingSinceMs = missing ? (this.#missingSinceMs ?? performance.now()) : undefined;
    if (this.#missingSinceMs === undefined || performance.now() - this.#missingSinceMs < missingWithinMs || this.#stop.signal.aborted) return;
    this.#missingSinceMs = undefined;
    const { consumer, stream, logger } = this.work;
    const overdue = new StewardError('BROKER_NOT_READY', `${consumer} on ${stream} was missing for ${missingWithinMs / 1_000} s`, { cause: error });
    logger.error({ err: overdue, consumer, stream }, 'what this consumer needs of the broker did not come back: ending');
    onFatal(overdue);
  }

  #room(): number {
    return inHandLimit - this.#lanes.size - this.#inFlight.size;
  }

  #take(message: Message, session: Session): void {
    const now = performance.now();
    this.#lastMessageAtMs = now;
    const inHand: InHand = { lane: message.subject, backfill: isBackfill(message.headers), message, session, receivedAtMs: now, toldAtMs: now };
    if (this.#stop.signal.aborted || this.#pausing.paused) return this.#giveBack(inHand);
    this.#lanes.add(inHand);
    this.#kick();
  }

  /** Once per turn of the event loop, so that all messages of one packet share a batch; later where nobody waits for what is applied. */
  #kick(): void {
    if (this.#kicked) return;
    this.#kicked = true;
    const { gatherMs = 0 } = this.options;
    const begin = (): void => {
      this.#kicked = false;
      while (!this.#stop.signal.aborted && !this.#pausing.paused) {
        const room = (kind: Kind, limit: number): number => (this.#drainsOf[kind] < transactionsInFlight ? limit : 0);
        const batch = this.#lanes.take({ live: room('live', batchLimit), backfill: room('backfill', backfillBatchLimit) });
        if (batch.length === 0) return;
        const kind: Kind = batch[0]?.backfill === true ? 'backfill' : 'live';
        this.#drainsOf[kind] += 1;
        for (const each of batch) this.#inFlight.add(each);
        const drain = this.#drain(batch).finally(() => {
          this.#drains.delete(drain);
          this.#drainsOf[kind] -= 1;
          for (const each of batch) this.#inFlight.delete(each);
          this.#lanes.release(batch);
          this.#session?.pull();
          this.#kick();
        });
        this.#drains.add(drain);
      }
    };
    if (gatherMs > 0 && this.#lanes.size < batchLimit) this.#gathering = setTimeout(begin, gatherMs);
    else setImmediate(begin);
  }

  async #drain(batch: readonly InHand[]): Promise<void> {
    const open = new Map<Delivered, InHand>();
    for (const each of batch) open.set(this.#read(each), each);
    for (let tries = 1; open.size > 0; tries++) {
      try {
        await inSpans(this.work, [...open.keys()], (settled) =>
          through('delivery', () =>
            runBatch(this.work, [...open.keys()], (delivered, outcome) => {
              const inHand = open.get(delivered);
              open.delete(delivered);
              if (inHand) this.#settle(inHand, outcome);
              settled(delivered, outcome);
            }, (after) => this.#after(after)),
          ),
        );
        return;
      } catch (error) {
        const failure = classify(error);
        const { consumer } = this.work;
        this.work.logger.warn({ err: error, consumer, messages: open.size, tries }, 'a batch could not be applied yet');
        if (failure.kind !== 'infrastructure' && tries >= 3) {
          // Not even a letter could be written, and the database is there: give the messages back slowly instead of spinning.
          for (const inHand of open.values()) this.#settle(inHand, { kind: 'later', afterMs: 5_000 + Math.random() * 25_000 });
          return;
        }
        await this.work.clock.sleep(20 + Math.random() * Math.min(50 * 2 ** tries, 3_000), this.#stop.signal).catch(() => undefined);
        if (this.#stop.signal.aborted) {
          for (const inHand of open.values()) this.#giveBack(inHand);
          return;
        }
      }
    }
  }

  #read({ message, receivedAtMs }: InHand): Delivered {
    const raw = { subject: message.subject, headers: message.headers, data: message.data };
    return { reading: readFor(this.work, raw), message: raw, streamSequence: message.streamSequence, deliveries: message.deliveries, receivedAtMs };
  }

  #settle({ message }: InHand, outcome: Outcome): void {
    if (outcome.kind === 'done') {
      message.ack();
      this.options.rate.add(1);
    } else message.nak(Math.max(1, outcome.afterMs));
  }

  #giveBack({ message }: InHand): void {
    message.nak(0);
  }

  #after(after: AfterCommit): void {
    if (after.awaited) this.wakeSweep();
    if (after.releases.length === 0) return;
    const running = this.#release(after)
      // A release that fails is found again by the sweep.
      .catch((error: unknown) => this.work.logger.warn({ err: error, consumer: this.work.consumer }, 'held events stay held for now'))
      .finally(() => this.#releases.delete(running));
    this.#releases.add(running);
  }

  async #release(after: AfterCommit): Promise<void> {
    for (const { handler, places } of after.releases) {
      for (const place of places) if (!this.#stop.signal.aborted) await releaseHeld(this.work, handler, place);
    }
  }

  #tellWorking(): void {
    const now = performance.now();
    for (const each of [...this.#inFlight, ...this.#lanes.waiting()]) {
      if (now - each.toldAtMs < each.session.ackWaitMs / 3) continue;
      each.toldAtMs = now;
      each.message.working();
    }
  }

  async #watch(): Promise<void> {
    const session = this.#session;
    if (!session?.alive() || this.broker.status() === 'down') return;
    try {
      const info = await session.consumer.info();
      this.work.meter.lag(info.num_pending, info.num_ack_pending);
      this.#behind.note(info);
      this.progress.note(this.work.consumer, this.work.stream, info);
      const silentMs = performance.now() - this.#lastMessageAtMs;
      if (info.num_pending > 0 && this.#room() === inHandLimit && silentMs > this.options.stuckAfterMs) session.end('stuck');
    } catch (error) {
      const named = namedBrokerError(error, `looking at ${this.work.consumer}`);
      if (named.code === 'BROKER_DURABLE_MISSING') session.end('consumer missing');
      else if (named.code === 'BROKER_STREAM_MISSING' && this.broker.status() === 'up') session.end('stream missing');
    }
  }
}

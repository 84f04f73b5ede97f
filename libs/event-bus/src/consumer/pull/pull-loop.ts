/**
 * The life of one durable in this process: bind, take, apply, acknowledge, bind again. What is taken goes to the dispatcher
 * (dispatcher.ts), which settles it (settle-batch.ts) for the session that delivered it, and for no other (session.ts).
 * 1. Whatever ends a session, the loop binds again, with jitter, until it is stopped (B3). A watchdog ends sessions that have
 *    something pending and get nothing (B2). A durable that the broker calls missing for `missingWithinMs` without a break ends the
 *    process with a code (B7); an outage of the broker is waited out, however long it lasts (B3).
 * 2. Paused, it pulls nothing and gives back what it has not begun; what comes meanwhile waits in the stream. That is no reason not to
 *    be ready: nothing is wrong with it.
 * 3. Stop (C10): no more pulls, transactions in flight finish, the rest is given back at once, nothing is counted. What does not
 *    finish in time is given back too: should it commit all the same, the gates know it when it comes again.
 */
import { StewardError } from '@steward/platform';
import { type Broker, namedBrokerError } from '../../broker';
import type { Rate } from '../../flow/rate';
import type { AfterCommit } from '../batch/apply';
import type { Work } from '../work';
import { Behind } from './behind';
import { Dispatcher } from './dispatcher';
import { doneWithin } from './done-within';
import { toInHand } from './in-hand';
import { Pausing } from './pausing';
import type { Progress } from './progress';
import { Releasing } from '../held/releasing';
import { type EndCause, type Message, openSession, type Session } from './session';
import { settleBatch } from './settle-batch';

const watchEveryMs = 1_000;
const tellEveryMs = 1_000;

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
  /** Events that waited for an entity may run now (C8). */
  readonly wakeSweep: () => void;
  /** Ends the process. */
  readonly onFatal: (error: StewardError) => void;
}

export class PullLoop {
  readonly #stop = new AbortController();
  readonly #pausing: Pausing;
  readonly #dispatcher: Dispatcher;
  readonly #releasing: Releasing;
  readonly #behind = new Behind();
  #session: Session | undefined;
  #reason: string | undefined = 'not bound yet';
  #lastMessageAtMs = 0;
  #missingSinceMs: number | undefined;
  #running: Promise<void> = Promise.resolve();
  #timers: NodeJS.Timeout[] = [];

  constructor(
    private readonly broker: Broker,
    private readonly work: Work,
    private readonly progress: Progress,
    private readonly options: PullOptions,
  ) {
    const stop = this.#stop.signal;
    this.#pausing = new Pausing(work.clock, options.pausedSince);
    this.#releasing = new Releasing(work, stop);
    this.#dispatcher = new Dispatcher({
      apply: (batch) => settleBatch(work, batch, { stop, onApplied: () => options.rate.add(1), onCommit: (after) => this.#committed(after) }),
      mayApply: () => !stop.aborted && !this.#pausing.paused,
      onRoom: () => this.#session?.pull(),
      gatherMs: options.gatherMs ?? 0,
    });
  }

  start(): void {
    this.#pausing.begins();
    this.#running = this.#run();
    this.#timers = [setInterval(() => void this.#watch(), watchEveryMs), setInterval(() => this.#dispatcher.tellWorking(), tellEveryMs)];
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
      logger.error({ consumer, stream, withinMs, messages: this.#dispatcher.inFlight }, 'messages in hand were not finished in time: they come again');
    }
    for (const timer of this.#timers) clearInterval(timer);
    this.#dispatcher.close();
    this.#session?.end('stopped');
  }

  async #letGo(cause: EndCause): Promise<void> {
    const session = this.#session;
    await session?.drain();
    this.#dispatcher.giveBackWaiting();
    await Promise.all([this.#dispatcher.settled(), this.#releasing.ended()]);
    this.#dispatcher.giveBackWaiting();
    // Acknowledgements are fire and forget: what is still in the client's buffer would come again after the deploy.
    if (session?.alive()) await this.broker.nc.flush().catch(() => undefined);
    session?.end(cause);
  }

  async #run(): Promise<void> {
    const { signal } = this.#stop;
    for (let failures = 0; !signal.aborted; ) {
      if (this.#pausing.paused) {
        this.#reason = undefined;
        await this.#pausing.over(signal);
        continue;
      }
      try {
        const session = await this.#bind();
        if (session === undefined) continue;
        failures = 0;
        if ((await this.#end(session)) === 'paused') continue;
      } catch (error) {
        this.#notBound(error, failures++);
      }
      await this.work.clock.sleep(50 + Math.random() * Math.min(100 * 2 ** failures, 3_000), signal).catch(() => undefined);
    }
  }

  /** Undefined where it was stopped or paused meanwhile: nobody else would end that session. */
  async #bind(): Promise<Session | undefined> {
    const { consumer, stream } = this.work;
    const session = await openSession(this.broker, this.work, {
      onMessage: (message, from) => this.#take(message, from),
      room: () => this.#dispatcher.room,
    });
    this.#session = session;
    if (this.#stop.signal.aborted || this.#pausing.paused) {
      session.end(this.#stop.signal.aborted ? 'stopped' : 'paused');
      return undefined;
    }
    this.progress.bound(consumer, stream, session.acknowledgedBefore);
    this.#reason = undefined;
    this.#missingSinceMs = undefined;
    this.#lastMessageAtMs = performance.now();
    return session;
  }

  /** Resolves when the session has ended. */
  async #end(session: Session): Promise<EndCause> {
    const { consumer, stream, logger, meter } = this.work;
    const cause = await session.ended;
    if (this.#stop.signal.aborted) return cause;
    this.progress.forget(consumer, stream);
    if (cause === 'paused') return cause;
    this.#reason = cause;
    meter.rebound(cause);
    logger.warn({ consumer, stream, cause }, 'consumer session ended, binding again');
    return cause;
  }

  #notBound(error: unknown, failuresBefore: number): void {
    const { consumer, stream, logger } = this.work;
    const named = namedBrokerError(error, `binding ${consumer} on ${stream}`);
    this.#reason = named.message;
    if (failuresBefore % 10 === 0) logger.warn({ err: named, consumer, stream }, 'consumer not bound');
    this.#endWhenOverdue(named);
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

  #take(message: Message, session: Session): void {
    this.#lastMessageAtMs = performance.now();
    this.#dispatcher.take(toInHand(message, session));
  }

  #committed({ awaited, releases }: AfterCommit): void {
    if (awaited) this.options.wakeSweep();
    this.#releasing.begin(releases);
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
      if (info.num_pending > 0 && this.#dispatcher.idle && silentMs > this.options.stuckAfterMs) session.end('stuck');
    } catch (error) {
      const named = namedBrokerError(error, `looking at ${this.work.consumer}`);
      if (named.code === 'BROKER_DURABLE_MISSING') session.end('consumer missing');
      else if (named.code === 'BROKER_STREAM_MISSING' && this.broker.status() === 'up') session.end('stream missing');
    }
  }
}

/**
 * Each service's view of the broker it depends on (B2, B10).
 * 1. Asked at start, after every reconnect, every minute, and at once when an acknowledgement proves a loss.
 * 2. The last answer stays valid while operations can't be asked: its absence must not stop a running service.
 * 3. What answers call missing for `missingWithinMs` without a break ends the process with a code (B7). Without an answer nothing is
 *    known to be missing: an outage of the broker or of operations is waited out, however long it lasts (B3).
 * 4. Whoever owns or consumes a stream is told of every answer; deciding that an epoch changed is theirs, declaring one is the provisioner's.
 */
import { type Clock, type Logger, StewardError } from '@steward/platform';
import type { BrokerState, RecordedPosition } from './broker-state';
import type { Broker } from './connect';
import { failProcess } from './fail-process';
import type { AskBrokerState } from './rpc';

export interface StreamWatchOptions {
  service: string;
  /** Streams that must exist for this service. */
  streams: readonly string[];
  /** `<durable>@<stream>` that must exist for this service. */
  durables?: readonly string[];
  broker: Pick<Broker, 'onReconnect'>;
  ask: AskBrokerState;
  /** What this service has recorded; compared by the provisioner with what the streams hold. */
  recorded?: () => Promise<Record<string, RecordedPosition>> | Record<string, RecordedPosition>;
  clock: Clock;
  logger: Logger;
  everyMs?: number;
  /** B1: production refuses a broker that acknowledges before its disk has the message, unless told otherwise. */
  refuseLazyBroker?: boolean;
  missingWithinMs?: number;
  onFatal?: (error: StewardError) => void;
}

type Listener = (state: BrokerState) => void | Promise<void>;

const retryMs = 1_000;
/** B7: how long the provisioner may take to bring back what was lost; also for consumers. */
export const missingWithinMsByDefault = 5 * 60_000;

export class StreamWatch {
  private readonly stopping = new AbortController();
  private readonly listeners = new Set<Listener>();
  private readonly unsubscribe: () => void;
  private last: BrokerState | undefined;
  private lastError: StewardError | undefined;
  private proof: { stream: string; sequence: number } | undefined;
  private running: Promise<void> | undefined;
  private nudge: AbortController | undefined;
  private nudged = false;
  private missingSinceMs: number | undefined;

  constructor(private readonly options: StreamWatchOptions) {
    this.unsubscribe = options.broker.onReconnect(() => this.check());
  }

  start(): void {
    this.running ??= this.run();
  }

  async stop(): Promise<void> {
    this.unsubscribe();
    this.stopping.abort();
    this.nudge?.abort();
    await this.running;
  }

  state(): BrokerState | undefined {
    return this.last;
  }

  /** Also called with the last answer at once, if there is one. */
  onState(listener: Listener): () => void {
    this.listeners.add(listener);
    if (this.last) void this.tell(listener, this.last);
    return () => void this.listeners.delete(listener);
  }

  /** Asks as soon as possible, with a proof of loss if there is one. */
  check(proof?: { stream: string; sequence: number }): void {
    this.proof = proof ?? this.proof;
    this.nudged = true;
    this.nudge?.abort();
  }

  /** What a readiness check reports; undefined = everything this service needs is there. */
  problem(): string | undefined {
    const { streams, durables = [], refuseLazyBroker } = this.options;
    if (!this.last) return `the provisioner has not answered yet${this.lastError ? `: ${this.lastError.message}` : ''}`;
    const missing = streams.filter((name) => !this.last?.streams[name]);
    if (missing.length > 0) return `missing streams: ${missing.join(', ')}`;
    const lost = durables.filter((name) => this.last?.durables[name] !== 'ready');
    if (lost.length > 0) return `missing durables: ${lost.join(', ')}`;
    return refuseLazyBroker && !this.last.syncAlways ? 'the broker acknowledges before its disk has the message (sync_interval is not "always")' : undefined;
  }

  /** Waits until nothing is missing; throws when that takes too long, so that the process ends with a code (B7). */
  async ready(withinMs: number): Promise<BrokerState> {
    const deadline = performance.now() + withinMs;
    for (;;) {
      const problem = this.problem();
      if (this.last && problem === undefined) return this.last;
      if (this.last && this.options.refuseLazyBroker && !this.last.syncAlways) throw new StewardError('BROKER_LAZY', problem);
      if (performance.now() > deadline) throw new StewardError('BROKER_NOT_READY', problem);
      await new Promise((resolve) => setTimeout(resolve, 50));
    }
  }

  private async run(): Promise<void> {
    const { clock, logger, everyMs = 60_000 } = this.options;
    while (!this.stopping.signal.aborted) {
      this.nudged = false;
      let waitMs = everyMs;
      try {
        await this.askOnce();
        this.lastError = undefined;
        const problem = this.problem();
        if (problem !== undefined) waitMs = Math.min(everyMs, retryMs);
        this.endWhenOverdue(problem);
      } catch (cause) {
        waitMs = Math.min(everyMs, retryMs * (1 + Math.random()));
        this.missingSinceMs = undefined;
        const error = cause instanceof StewardError ? cause : new StewardError('BROKER_ERROR', 'asking for the state of the broker failed', { cause });
        // Said once per kind of trouble: operations may be away for long.
        if (error.code !== this.lastError?.code) logger.warn({ err: error }, 'the state of the broker is not known');
        this.lastError = error;
      }
      if (this.nudged) continue;
      this.nudge = new AbortController();
      await clock.sleep(waitMs, AbortSignal.any([this.nudge.signal, this.stopping.signal]));
    }
  }

  private endWhenOverdue(problem: string | undefined): void {
    const { missingWithinMs = missingWithinMsByDefault, refuseLazyBroker, onFatal = failProcess, clock, logger } = this.options;
    if (problem === undefined) {
      this.missingSinceMs = undefined;
      return;
    }
    this.missingSinceMs ??= clock.now();
    if (clock.now() - this.missingSinceMs < missingWithinMs || this.stopping.signal.aborted) return;
    this.missingSinceMs = undefined;
    const error = new StewardError(refuseLazyBroker && !this.last?.syncAlways ? 'BROKER_LAZY' : 'BROKER_NOT_READY', `${problem}, for ${missingWithinMs / 1_000} s`);
    logger.error({ err: error }, 'what this service needs of the broker did not come back: ending');
    onFatal(error);
  }

  private async askOnce(): Promise<void> {
    const { service, recorded, ask } = this.options;
    const proof = this.proof;
    const state = await ask({ service, recorded: (await recorded?.()) ?? {}, ...(proof ? { tailLossProof: proof } : {}) });
    if (this.proof === proof) this.proof = undefined;
    this.last = state;
    for (const listener of this.listeners) await this.tell(listener, state);
  }

  private async tell(listener: Listener, state: BrokerState): Promise<void> {
    try {
      await listener(state);
    } catch (error) {
      this.options.logger.error({ err: error }, 'acting on the state of the broker failed');
    }
  }
}

/**
 * What is in hand, from its delivery until it is settled: messages wait in lanes, and batches of them get a transaction each.
 * 1. Batches of at most 500, of backfill 200, two transactions in flight of each, never with a key in common (lanes.ts).
 * 2. What is in hand longer than a third of ack_wait is reported as being worked on (B4).
 * 3. While the loop may not apply (paused, stopping) nothing begins; what is in flight finishes.
 */
import { giveBack, type InHand } from './in-hand';
import { Lanes } from './lanes';

type Kind = 'live' | 'backfill';

/** Those of backfill hold locks that live ones may wait for. */
const batchLimit: Record<Kind, number> = { live: 500, backfill: 200 };
const transactionsInFlight = 2;
/** Enough for the batches in flight and those that are on their way from the broker meanwhile. */
const inHandLimit = 4_000;

export interface DispatcherOptions {
  /** Resolves when each message of the batch is settled; must not fail. */
  readonly apply: (batch: readonly InHand[]) => Promise<void>;
  readonly mayApply: () => boolean;
  /** A batch is settled: there is room for more. */
  readonly onRoom: () => void;
  /** How long messages wait for others to share their transaction. */
  readonly gatherMs: number;
}

export class Dispatcher {
  readonly #lanes = new Lanes<InHand>();
  readonly #inFlight = new Set<InHand>();
  readonly #transactions = new Set<Promise<void>>();
  readonly #transactionsOf: Record<Kind, number> = { live: 0, backfill: 0 };
  #gathers = false;
  #gathering: NodeJS.Timeout | undefined;

  constructor(private readonly options: DispatcherOptions) {}

  /** For how many messages more there is room. */
  get room(): number {
    return inHandLimit - this.#lanes.size - this.#inFlight.size;
  }

  get idle(): boolean {
    return this.room === inHandLimit;
  }

  get inFlight(): number {
    return this.#inFlight.size;
  }

  take(inHand: InHand): void {
    if (!this.options.mayApply()) return giveBack(inHand);
    this.#lanes.add(inHand);
    this.#gather();
  }

  /** Begins once per turn of the event loop, so that all messages of one packet share a batch; later where nobody waits for what is applied. */
  #gather(): void {
    if (this.#gathers) return;
    this.#gathers = true;
    const { gatherMs } = this.options;
    if (gatherMs > 0 && this.#lanes.size < batchLimit.live) this.#gathering = setTimeout(() => this.#begin(), gatherMs);
    else setImmediate(() => this.#begin());
  }

  #begin(): void {
    this.#gathers = false;
    while (this.options.mayApply()) {
      const batch = this.#lanes.take({ live: this.#mostOf('live'), backfill: this.#mostOf('backfill') });
      if (batch.length === 0) return;
      this.#dispatch(batch);
    }
  }

  #mostOf(kind: Kind): number {
    return this.#transactionsOf[kind] < transactionsInFlight ? batchLimit[kind] : 0;
  }

  #dispatch(batch: readonly InHand[]): void {
    const kind: Kind = batch[0]?.backfill === true ? 'backfill' : 'live';
    this.#transactionsOf[kind] += 1;
    for (const each of batch) this.#inFlight.add(each);
    const transaction = this.options.apply(batch).finally(() => {
      this.#transactions.delete(transaction);
      this.#transactionsOf[kind] -= 1;
      for (const each of batch) this.#inFlight.delete(each);
      this.#lanes.release(batch);
      this.options.onRoom();
      this.#gather();
    });
    this.#transactions.add(transaction);
  }

  /** Gives back what has not begun; what is in flight goes on. */
  giveBackWaiting(): void {
    for (const each of this.#lanes.clear()) giveBack(each);
  }

  /** Resolves when what is in flight now is settled. */
  async settled(): Promise<void> {
    await Promise.allSettled(this.#transactions);
  }

  tellWorking(): void {
    const now = performance.now();
    for (const each of [...this.#inFlight, ...this.#lanes.waiting()]) {
      if (now - each.toldAtMs < each.session.ackWaitMs / 3) continue;
      each.toldAtMs = now;
      each.message.working();
    }
  }

  /** The end: what is in flight all the same is given back too. */
  close(): void {
    clearTimeout(this.#gathering);
    this.giveBackWaiting();
    for (const each of this.#inFlight) giveBack(each);
  }
}

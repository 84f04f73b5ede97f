/**
 * Who may call a system next.
 * 1. So many calls at once, so many a second, spread evenly (a burst is what vendors answer with 429), and none while the system asks to
 *    be left alone (Retry-After): for all callers together.
 * 2. Of those that wait the dearest lane goes first, and in it whoever came first (R3). That is decided when a turn has come, not
 *    before: a seat or a turn given ahead would be one that a dearer call has to wait for.
 * 3. Whose turn can't come before its deadline hears so at once (R2).
 * 4. Too much is turned away from below: when dearer calls have waited too long, when the process is late, when the queue is full.
 */
import type { Clock } from '@steward/platform';
import { type CallLane, callLanes } from './caller';

export type Turn = { readonly kind: 'go'; readonly leave: () => void } | { readonly kind: 'late' | 'shed' | 'aborted'; readonly detail: string };

export interface AdmissionOptions {
  readonly concurrency: number;
  readonly perSecond: number;
  readonly clock: Clock;
  /** How late this process's event loop is, in milliseconds. */
  readonly lateMs?: () => number;
  readonly onShed?: (lane: CallLane) => void;
}

interface Entrance {
  readonly lane: CallLane;
  readonly deadline: number;
  readonly signal?: AbortSignal | undefined;
}

interface Waiter extends Entrance {
  readonly since: number;
  readonly end: (turn: Turn) => void;
}

const waitersPerSeat = 64;

/** By lane, the dearest never: how long one of a dearer lane may have waited, and how late the process may be. */
const shedWhen: Readonly<Record<CallLane, { readonly dearerWaitsMs: number; readonly lateMs: number }>> = {
  checkout: { dearerWaitsMs: Infinity, lateMs: Infinity },
  'stock-and-price': { dearerWaitsMs: 5_000, lateMs: 2_000 },
  catalogue: { dearerWaitsMs: 2_500, lateMs: 1_000 },
  background: { dearerWaitsMs: 1_000, lateMs: 500 },
};

export class Admission {
  private readonly queues: Readonly<Record<CallLane, Waiter[]>> = { checkout: [], 'stock-and-price': [], catalogue: [], background: [] };
  private readonly intervalMs: number;
  private taken = 0;
  private nextAt = 0;
  private quietUntil = 0;
  private alarm: AbortController | undefined;

  constructor(private readonly options: AdmissionOptions) {
    this.intervalMs = 1_000 / options.perSecond;
  }

  get inFlight(): number {
    return this.taken;
  }

  get waiting(): number {
    return callLanes.reduce((sum, lane) => sum + this.queues[lane].length, 0);
  }

  /** Until when the system wants to be left alone; undefined when that is over. */
  get pausedUntil(): number | undefined {
    return this.quietUntil > this.options.clock.now() ? this.quietUntil : undefined;
  }

  pause(forMs: number): void {
    this.quietUntil = Math.max(this.quietUntil, this.options.clock.now() + forMs);
  }

  /** Whoever gets `go` calls `leave` when its call is over. */
  async enter(entrance: Entrance): Promise<Turn> {
    const { lane, deadline, signal } = entrance;
    const { clock } = this.options;
    const now = clock.now();
    const why = this.turnedAway(lane, now);
    if (why !== undefined) return this.shed(lane, why);
    if (signal?.aborted) return aborted;
    const ahead = callLanes.slice(0, callLanes.indexOf(lane) + 1).reduce((sum, each) => sum + this.queues[each].length, 0);
    if (Math.max(now, this.nextAt, this.quietUntil) + ahead * this.intervalMs >= deadline) return { kind: 'late', detail: 'the next turn would come after the deadline' };
    const over = new AbortController();
    const { promise, resolve } = Promise.withResolvers<Turn>();
    const waiter: Waiter = { ...entrance, since: now, end: (turn) => (over.abort(), resolve(turn)) };
    this.queues[lane].push(waiter);
    this.pump();
    if (!over.signal.aborted) this.guard(waiter, over.signal);
    return promise;
  }

  /** Ends a wait that comes to nothing. */
  private guard(waiter: Waiter, over: AbortSignal): void {
    const { lane, deadline, signal } = waiter;
    const end = (turn: Turn): void => {
      const queue = this.queues[lane];
      const index = queue.indexOf(waiter);
      if (index < 0) return;
      queue.splice(index, 1);
      waiter.end(turn);
    };
    signal?.addEventListener('abort', () => end(aborted), { once: true, signal: over });
    void this.options.clock.sleep(Math.max(0, deadline - this.options.clock.now()), over).then(() => end({ kind: 'late', detail: 'the deadline passed before its turn came' }));
    if (this.waiting > this.options.concurrency * waitersPerSeat) {
      const cheapest = callLanes.findLast((each) => this.queues[each].length > 0) ?? lane;
      const last = this.queues[cheapest].pop();
      last?.end(this.shed(cheapest, 'too many calls are waiting'));
    }
  }

  private turnedAway(lane: CallLane, now: number): string | undefined {
    const { dearerWaitsMs, lateMs } = shedWhen[lane];
    const late = this.options.lateMs?.() ?? 0;
    if (late > lateMs) return `the process is ${Math.round(late)} ms late`;
    for (const dearer of callLanes.slice(0, callLanes.indexOf(lane))) {
      const since = this.queues[dearer][0]?.since;
      if (since !== undefined && now - since > dearerWaitsMs) return `${dearer} has waited ${Math.round(now - since)} ms`;
    }
    return undefined;
  }

  private shed(lane: CallLane, detail: string): Turn {
    this.options.onShed?.(lane);
    return { kind: 'shed', detail };
  }

  private pump(): void {
    const { clock, concurrency } = this.options;
    while (this.taken < concurrency) {
      const queue = callLanes.map((lane) => this.queues[lane]).find((each) => each.length > 0);
      const [next] = queue ?? [];
      if (queue === undefined || next === undefined) return;
      const now = clock.now();
      const turn = Math.max(this.nextAt, this.quietUntil);
      if (turn > now) return this.wakeAt(turn);
      queue.shift();
      // A timer that came a little late costs the next one nothing; an idle hour saves nothing up.
      this.nextAt = Math.max(turn, now - this.intervalMs, next.since) + this.intervalMs;
      this.taken += 1;
      next.end({ kind: 'go', leave: once(() => this.leave()) });
    }
  }

  private leave(): void {
    this.taken -= 1;
    this.pump();
  }

  private wakeAt(turn: number): void {
    if (this.alarm !== undefined) return;
    const alarm = new AbortController();
    this.alarm = alarm;
    void this.options.clock.sleep(Math.max(0, turn - this.options.clock.now()), alarm.signal).then(() => {
      this.alarm = undefined;
      this.pump();
    });
  }
}

const aborted: Turn = { kind: 'aborted', detail: 'the caller gave up' };

function once(work: () => void): () => void {
  let done = false;
  return () => {
    if (done) return;
    done = true;
    work();
  };
}

/**
 * A circuit breaker whose half-open state is the fleet's (R2, ADR 0019).
 * 1. It opens by its own evidence: this process may be the only one that can't reach the system.
 * 2. Open, it lets nothing through. When it has cooled down, it asks the lease for the one probe that all replicas together may send; a
 *    replica that is refused stays open.
 * 3. A probe that works closes it here at once, and elsewhere when they next look; one that fails cools everybody down for longer.
 */
import type { Clock } from '@steward/platform';

/** `back` = another replica's probe has worked since this one opened. */
type Grant = 'probe' | 'back' | 'wait';
export type Verdict = 'works' | 'fails' | 'unknown';

export interface ProbeLease {
  /** Throws when nobody can be asked; then there is no probe. */
  readonly ask: (open: { readonly forMs: number; readonly coolMs: number; readonly cooled: boolean }) => Promise<Grant>;
  readonly ended: (verdict: Verdict) => Promise<void>;
}

/** For a process that shares its system with no other: conformance runs, specs. */
export const aloneLease: ProbeLease = { ask: async ({ cooled }) => (cooled ? 'probe' : 'wait'), ended: async () => undefined };

export type BreakerState = 'closed' | 'open' | 'half-open';

interface BreakerOptions {
  readonly clock: Pick<Clock, 'now'>;
  readonly lease: ProbeLease;
  readonly random: () => number;
  readonly onChange: (state: BreakerState) => void;
}

const openAfterFaults = 5;
const coolMs = { first: 500, longest: 15_000 };
/** How often an open one looks whether another replica has found the system back. */
const lookEveryMs = 1_000;

export class Breaker {
  private current: BreakerState = 'closed';
  private faults = 0;
  private openings = 0;
  private openedAt = 0;
  private cool = 0;
  private lookAt = 0;
  private asking = false;

  constructor(private readonly options: BreakerOptions) {}

  get state(): BreakerState {
    return this.current;
  }

  /** How long it stays open before it would let a probe through. */
  get coolsForMs(): number {
    return this.current === 'open' ? Math.max(0, this.openedAt + this.cool - this.options.clock.now()) : 0;
  }

  /** What the call's end is to be told to; undefined when it must not be made. */
  async enter(): Promise<((verdict: Verdict) => void) | undefined> {
    if (this.current === 'closed') return (verdict) => this.count(verdict);
    const { clock, lease } = this.options;
    const now = clock.now();
    if (this.current === 'half-open' || this.asking || now < this.lookAt) return undefined;
    this.asking = true;
    try {
      const grant = await lease.ask({ forMs: now - this.openedAt, coolMs: this.cool, cooled: now >= this.openedAt + this.cool });
      if (grant === 'wait') this.lookLater();
      if (grant === 'back') this.change('closed');
      if (grant !== 'probe') return grant === 'back' ? (verdict) => this.count(verdict) : undefined;
      this.change('half-open');
      return (verdict) => this.probed(verdict);
    } catch {
      this.lookLater();
      return undefined;
    } finally {
      this.asking = false;
    }
  }

  private count(verdict: Verdict): void {
    // The end of a call that began before it opened says nothing new.
    if (this.current !== 'closed' || verdict === 'unknown') return;
    if (verdict === 'works') {
      this.faults = 0;
      this.openings = 0;
      return;
    }
    this.faults += 1;
    if (this.faults >= openAfterFaults) this.open();
  }

  private probed(verdict: Verdict): void {
    // Whether the others hear of it in time is no concern of this call: what they don't hear, they find out.
    this.options.lease.ended(verdict).catch(() => undefined);
    if (verdict === 'works') {
      this.openings = 0;
      return this.change('closed');
    }
    if (verdict === 'fails') return this.open();
    this.lookAt = this.options.clock.now();
    this.change('open');
  }

  private open(): void {
    const { clock, random } = this.options;
    this.openings += 1;
    this.openedAt = clock.now();
    this.cool = Math.min(coolMs.longest, coolMs.first * 2 ** (this.openings - 1)) * (0.75 + random() / 4);
    this.lookAt = this.openedAt + Math.min(this.cool, lookEveryMs);
    this.change('open');
  }

  /** At the end of its cooling at the latest. */
  private lookLater(): void {
    const now = this.options.clock.now();
    const cooled = this.openedAt + this.cool;
    this.lookAt = now < cooled ? Math.min(cooled, now + lookEveryMs) : now + lookEveryMs * (0.25 + this.options.random() / 4);
  }

  private change(state: BreakerState): void {
    this.current = state;
    this.faults = 0;
    this.options.onChange(state);
  }
}

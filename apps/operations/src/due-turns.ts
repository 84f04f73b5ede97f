/**
 * Takes up what has become due, each in a turn of its own, while this replica holds the lease.
 * 1. Nothing has two turns at a time here; what it does about other replicas is the turn's own (it checks the fence).
 * 2. A turn that fails is logged and comes again when its row is due; a slow one holds up nobody else's.
 */
import type { Lease } from '@steward/event-bus';
import type { Clock, Logger } from '@steward/platform';

export interface DueTurnsSpec {
  readonly lease: Pick<Lease, 'fence' | 'onAcquired'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often it looks when nobody wakes it; default 250. */
  readonly everyMs?: number | undefined;
  /** Ids that are due, without those whose turn is under way. */
  readonly due: (underWay: readonly string[]) => Promise<readonly string[]>;
  readonly turn: (id: string) => Promise<void>;
  /** What is logged of a look that failed, and of a turn, which `field` names. */
  readonly failed: { readonly look: string; readonly turn: string; readonly field: string };
}

export class DueTurns {
  private readonly stopping = new AbortController();
  private readonly underWay = new Map<string, Promise<void>>();
  private nudge = new AbortController();
  private loop: Promise<void> | undefined;
  private unsubscribe: (() => void) | undefined;

  constructor(private readonly spec: DueTurnsSpec) {}

  start(): void {
    this.unsubscribe ??= this.spec.lease.onAcquired(() => this.wake());
    this.loop ??= this.run();
  }

  /** Something has become due: somebody asked for it, or did something to it. */
  wake(): void {
    this.nudge.abort();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    this.unsubscribe?.();
    await this.loop;
    await Promise.all(this.underWay.values());
  }

  private async run(): Promise<void> {
    const { clock, lease, logger, due, failed, everyMs = 250 } = this.spec;
    while (!this.stopping.signal.aborted) {
      this.nudge = new AbortController();
      try {
        for (const id of lease.fence() === undefined ? [] : await due([...this.underWay.keys()])) this.begin(id);
        await clock.sleep(everyMs, AbortSignal.any([this.nudge.signal, this.stopping.signal]));
      } catch (error) {
        logger.warn({ err: error }, failed.look);
        await clock.sleep(1_000, this.stopping.signal);
      }
    }
  }

  private begin(id: string): void {
    const { logger, turn, failed } = this.spec;
    const begun = turn(id)
      .catch((error: unknown) => logger.warn({ err: error, [failed.field]: id }, failed.turn))
      .finally(() => {
        this.underWay.delete(id);
        this.wake();
      });
    this.underWay.set(id, begun);
  }
}

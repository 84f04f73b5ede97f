/**
 * Takes up rows that have become due, each in a turn of its own, under a lease: any number of replicas run it, and one works.
 * 1. Nothing has two turns at a time here. Other replicas are kept out by the fence: a turn writes in transactions that check it, so a
 *    replica that was overtaken can't claim or record any more.
 * 2. A turn that fails is logged and comes again when its row is due; a slow one holds up nobody else's.
 */
import { Lease } from '@steward/event-bus';
import type { Clock, Database, Logger } from '@steward/platform';
import type { PoolClient } from 'pg';

export interface DueTurnsOptions {
  readonly database: Database;
  readonly clock: Clock;
  readonly logger: Logger;
  /** How often it looks when nobody wakes it; default 250. */
  readonly everyMs?: number | undefined;
  readonly leaseTtlMs?: number | undefined;
}

export interface DueRows {
  /** Of the lease. */
  readonly name: string;
  /** Has an id, and in `next_at` when it is due. */
  readonly table: string;
  readonly atOnce: number;
  /** One of them, in logs. */
  readonly one: string;
  readonly turn: (id: string, fenced: Fenced) => Promise<void>;
}

/** A transaction in which the lease is held; throws LEASE_LOST when it is not. */
export type Fenced = <T>(work: (tx: PoolClient) => Promise<T>) => Promise<T>;

export class DueTurns {
  private readonly lease: Lease;
  private readonly stopping = new AbortController();
  private readonly underWay = new Map<string, Promise<void>>();
  private nudge = new AbortController();
  private loop: Promise<void> | undefined;

  constructor(private readonly options: DueTurnsOptions, private readonly rows: DueRows) {
    const { database, clock, logger, leaseTtlMs } = options;
    this.lease = new Lease({ database, name: rows.name, clock, logger, ...(leaseTtlMs === undefined ? {} : { ttlMs: leaseTtlMs }) });
    this.lease.onAcquired(() => this.wake());
  }

  start(): void {
    this.lease.start();
    this.loop ??= this.run();
  }

  /** Something has become due: somebody asked for it, or did something to it. */
  wake(): void {
    this.nudge.abort();
  }

  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
    await Promise.all(this.underWay.values());
    await this.lease.stop();
  }

  private async run(): Promise<void> {
    const { clock, logger, everyMs = 250 } = this.options;
    while (!this.stopping.signal.aborted) {
      this.nudge = new AbortController();
      try {
        for (const id of this.lease.fence() === undefined ? [] : await this.due()) this.begin(id);
        await clock.sleep(everyMs, AbortSignal.any([this.nudge.signal, this.stopping.signal]));
      } catch (error) {
        logger.warn({ err: error }, `${this.rows.name} could not be looked at`);
        await clock.sleep(1_000, this.stopping.signal);
      }
    }
  }

  private async due(): Promise<readonly string[]> {
    const { table, atOnce } = this.rows;
    const found = await this.options.database.query<{ id: string }>({ name: `due-${table}`, text: `select id from ${table} where next_at <= now() and id <> all($1::uuid[]) order by next_at limit ${String(atOnce)}` }, [[...this.underWay.keys()]]);
    return found.map(({ id }) => id);
  }

  private begin(id: string): void {
    const { database, logger } = this.options;
    const { one, turn } = this.rows;
    const fenced: Fenced = (work) => database.transaction(async (tx) => {
      await this.lease.assert(tx);
      return work(tx);
    });
    const begun = turn(id, fenced)
      .catch((error: unknown) => logger.warn({ err: error, [one]: id }, `a step of the ${one} failed, it is tried again`))
      .finally(() => {
        this.underWay.delete(id);
        this.wake();
      });
    this.underWay.set(id, begun);
  }
}

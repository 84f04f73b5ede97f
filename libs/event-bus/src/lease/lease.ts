/**
 * One holder at a time for a piece of work, with a fencing number.
 * 1. The fence grows with every change of holder; whoever writes under the lease checks its fence in its own transaction.
 * 2. A takeover waits for transactions that have checked the old fence (for key share against for update), so what they write
 *    is before the takeover or not at all.
 * 3. The database's clock decides about expiry; the holder counts on its own monotonic clock from before it asked, so it stops earlier.
 * Not a session lock (`pg_advisory_lock`): it belongs to a connection, breaks behind a pooler, and knows no fence.
 */
import { randomUUID } from 'node:crypto';
import { type Clock, type Database, type Logger, StewardError } from '@steward/platform';
import type { PoolClient } from 'pg';

// Renewing is a plain update (no key): it never waits for readers' `for key share`, and they never wait for it.
const renewText = `
  update lease set expires_at = clock_timestamp() + make_interval(secs => $3::float8)
  where name = $1 and holder = $2 and fence = $4 returning fence::float8 as fence`;

// `for update` is what waits for every transaction that has checked the old fence. After the wait the condition is evaluated again.
const takeText = `
  with free as (select name from lease where name = $1 and expires_at < clock_timestamp() for update)
  update lease l set holder = $2, fence = l.fence + 1, expires_at = clock_timestamp() + make_interval(secs => $3::float8)
  from free where l.name = free.name returning l.fence::float8 as fence`;

const firstText = `
  insert into lease (name, holder, fence, expires_at) values ($1, $2, 1, clock_timestamp() + make_interval(secs => $3::float8))
  on conflict (name) do nothing returning fence::float8 as fence`;

const releaseText = `update lease set expires_at = clock_timestamp() - interval '1 second' where name = $1 and holder = $2 and fence = $3`;

export interface LeaseOptions {
  database: Pick<Database, 'query'>;
  name: string;
  clock: Clock;
  logger: Logger;
  /** How long it lives without renewal; renewed every third of it. */
  ttlMs?: number;
  holder?: string;
}

export class Lease {
  private readonly ttlMs: number;
  private readonly holder: string;
  private readonly stopping = new AbortController();
  private readonly acquired = new Set<() => void>();
  private readonly lost = new Set<() => void>();
  private held: { fence: number; until: number } | undefined;
  private loop: Promise<void> | undefined;

  constructor(private readonly options: LeaseOptions) {
    this.ttlMs = options.ttlMs ?? 6_000;
    this.holder = options.holder ?? randomUUID();
  }

  start(): void {
    this.loop ??= this.run();
  }

  /** Gives the lease back, so that a successor need not wait for its expiry. */
  async stop(): Promise<void> {
    this.stopping.abort();
    await this.loop;
    const fence = this.fence();
    this.setHeld(undefined);
    if (fence !== undefined) {
      await this.options.database.query(releaseText, [this.options.name, this.holder, fence]).catch(() => undefined);
    }
  }

  /** The fencing number while this process may act; undefined when it holds nothing or can't be sure any more. */
  fence(): number | undefined {
    if (this.held && performance.now() >= this.held.until) this.setHeld(undefined);
    return this.held?.fence;
  }

  /** Called each time the lease is gained. Returns the unsubscriber. */
  onAcquired(callback: () => void): () => void {
    this.acquired.add(callback);
    return () => void this.acquired.delete(callback);
  }

  onLost(callback: () => void): () => void {
    this.lost.add(callback);
    return () => void this.lost.delete(callback);
  }

  /** Inside a transaction: nobody else can take the lease until this transaction ends. Throws LEASE_LOST otherwise. */
  async assert(tx: PoolClient): Promise<void> {
    const fence = this.held?.fence;
    const found = await tx.query<{ fence: number }>({
      name: 'lease-assert',
      text: 'select fence::float8 as fence from lease where name = $1 for key share',
      values: [this.options.name],
    });
    const current = found.rows[0]?.fence;
    if (fence === undefined || current !== fence) {
      throw new StewardError('LEASE_LOST', `lease ${this.options.name}: this process had fence ${fence ?? 'none'}, the table says ${current ?? 'none'}`);
    }
  }

  private async run(): Promise<void> {
    const { clock, logger, name } = this.options;
    const { signal } = this.stopping;
    while (!signal.aborted) {
      try {
        await this.renewOrTake();
      } catch (error) {
        logger.warn({ err: error, lease: name }, 'asking for the lease failed');
      }
      await clock.sleep(this.ttlMs / 3, signal);
    }
  }

  private async renewOrTake(): Promise<void> {
    const { database, name, logger } = this.options;
    const askedAt = performance.now();
    const ask = (text: string, ...more: number[]): Promise<{ fence: number }[]> =>
      database.query<{ fence: number }>(text, [name, this.holder, this.ttlMs / 1_000, ...more]);
    const known = this.held?.fence;
    if (known !== undefined && (await ask(renewText, known)).length > 0) {
      this.setHeld({ fence: known, until: askedAt + this.ttlMs });
      return;
    }
    const fence = ((await ask(takeText))[0] ?? (await ask(firstText))[0])?.fence;
    if (fence !== undefined) logger.info({ lease: name, fence }, 'lease acquired');
    this.setHeld(fence === undefined ? undefined : { fence, until: askedAt + this.ttlMs });
  }

  private setHeld(next: { fence: number; until: number } | undefined): void {
    const before = this.held?.fence;
    this.held = next;
    if (before !== undefined && before !== next?.fence) {
      if (!this.stopping.signal.aborted) this.options.logger.warn({ lease: this.options.name, fence: before }, 'lease lost');
      for (const callback of this.lost) callback();
    }
    if (next && next.fence !== before) for (const callback of this.acquired) callback();
  }
}

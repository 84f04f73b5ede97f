/**
 * Carries committed rows to the broker.
 * 1. Pending is what the partial index says; every sweep begins at its start, a wake-up only continues it (O2).
 * 2. One relay per database, by lease; what it has sent it marks even when the lease is gone, since an acknowledgement is a fact (O3).
 * 3. A row is marked by its own acknowledgement, with (stream, epoch, sequence); an unknown outcome is sent again with the same id (B5, B11).
 * 4. State is sent many at a time, everything else one per key; a key that fails stops itself, a stream that fails stops itself (O3).
 * 5. Live rows go first; backfill never takes more than a part of the window, and not more than is applied (O9, backfill-pace.ts).
 * 6. A full window or a slow broker shows as lag: the relay stops reading, nobody is refused, nothing is dropped (O4).
 * 7. An acknowledgement at or below a sequence that was acknowledged before the message was sent proves that the stream lost its
 *    tail (B10): the stream stands until the provisioner has declared a new epoch.
 * 8. A state never goes out behind a newer one of its key: the stream keeps what comes last, and a consumer that is behind would see
 *    no other (B12). What may have been overtaken while it was under way, by a predecessor, or before a crash of the database took
 *    back its mark, is withdrawn before anything is read; what was committed behind ids that were read, before it is sent. Nothing
 *    would bring the newer one back: the broker answers that it knows it.
 */
import type { StreamDeclaration } from '@steward/contracts';
import { type Clock, type Database, Listener, type Logger } from '@steward/platform';
import { type Broker, RawPublisher, type StreamWatch } from '../../broker';
import type { Lease } from '../../lease';
import type { Rebuild } from './adopt-epoch';
import { BackfillPace } from './backfill-pace';
import { Batches } from './batches';
import { Dispatch } from './dispatch';
import { Epochs } from './epochs';
import { Flight } from './flight';
import type { MarkBatch } from './mark-published';
import { Marker } from './marker';
import { lanes, outboxChannel } from '../outbox-insert';
import { type PendingRow, readPending, Sweeps } from './read-pending';
import { readWatermarks, type Recorded, StreamLedger } from './stream-ledger';
import { Wake } from '../wake';

export interface RelayOptions {
  database: Database;
  /** For LISTEN, on a connection of its own; behind a transaction pooler give the direct address, or the poll must do. */
  databaseUrl: string;
  broker: Broker;
  /** The streams this service publishes into. */
  streams: readonly StreamDeclaration[];
  watch: Pick<StreamWatch, 'check' | 'onState'>;
  lease: Lease;
  clock: Clock;
  logger: Logger;
  rebuild?: Rebuild;
  /** Takes pending states back, of all or of these rows, that are older than what was announced of their key since; returns their ids. */
  withdraw?: (ids?: readonly string[]) => Promise<readonly string[]>;
  window?: number;
  /** Safety net under LISTEN. */
  pollMs?: number;
  publishTimeoutMs?: number;
  /** Nothing is sent before it says yes. */
  mayBegin?: () => boolean;
}

const pageSize = 1_000;

export class Relay {
  private readonly flight = new Flight();
  private readonly ledger: StreamLedger;
  private readonly marker: Marker;
  private readonly epochs: Epochs;
  private readonly pace = new BackfillPace();
  private readonly batches: Batches;
  private readonly dispatch: Dispatch;
  private readonly publisher: RawPublisher;
  private readonly wake: Wake;
  private readonly unsubscribe: (() => void)[] = [];
  private readonly window: number;
  private readonly sweeps = new Sweeps();
  /** Whether a pending row may have been overtaken (8). */
  private doubtful = true;
  private stopping = false;
  private running: Promise<void> | undefined;
  private listener: Listener | undefined;
  private readonly hungry = new Set<number>();
  private backfillLeft = true;

  constructor(private readonly options: RelayOptions) {
    this.window = options.window ?? 2_000;
    this.ledger = new StreamLedger(options.streams);
    this.wake = new Wake();
    this.publisher = new RawPublisher({
      broker: options.broker,
      window: this.window,
      ...(options.publishTimeoutMs === undefined ? {} : { timeoutMs: options.publishTimeoutMs }),
    });
    this.batches = new Batches(this.publisher);
    this.epochs = new Epochs({ ...options, ledger: this.ledger, flight: this.flight, rebuild: options.rebuild });
    this.marker = new Marker({ ...options, onMarked: (batch) => this.onMarked(batch) });
    this.dispatch = new Dispatch({
      ...options,
      flight: this.flight,
      ledger: this.ledger,
      batches: this.batches,
      marker: this.marker,
      epochs: this.epochs,
      maySend: () => this.maySend(),
      doubt: () => this.doubt(),
      roomChanged: () => this.wakeForRoom(),
    });
  }

  async start(): Promise<void> {
    const { broker, database, lease, watch, databaseUrl } = this.options;
    this.ledger.load(await readWatermarks(database));
    this.unsubscribe.push(
      broker.onReconnect(() => this.sweepSoon()),
      lease.onAcquired(() => this.doubt()),
      // Without a wake: while the database is away, every failure says so again.
      database.onBroken(() => void (this.doubtful = true)),
      watch.onState((state) => {
        this.epochs.declare(state);
        this.batches.syncAlways = state.syncAlways;
        this.pace.told(this.ledger.names().map((stream) => state.streams[stream]), performance.now());
        this.wake.now();
      }),
    );
    this.listener = new Listener({
      url: databaseUrl,
      name: 'relay',
      channels: { [outboxChannel]: () => this.sweepSoon() },
      // Behind a pooler only this connection ends with the server.
      onReconnect: () => this.doubt(),
      logger: this.options.logger,
    });
    await this.listener.start();
    this.running = this.run();
  }

  /** Stops reading, waits for what is in flight, marks it, closes. What stays unmarked is published again by the next relay. */
  async stop(): Promise<void> {
    this.stopping = true;
    for (const each of this.unsubscribe) each();
    this.wake.now();
    await this.running;
    await this.listener?.stop();
    // Messages in flight end by themselves: acknowledged, refused, or unknown after the time-out.
    while (this.publisher.inFlight() > 0) await new Promise((resolve) => setTimeout(resolve, 5));
    this.publisher.close();
    await this.marker.close();
  }

  /** What this database has recorded of its streams: for StreamWatch. */
  recorded(): Record<string, Recorded> {
    return this.ledger.recorded();
  }

  /** For readiness: streams that can't be written to now, with the reason. */
  problems(): string[] {
    const now = this.options.clock.now();
    return this.ledger.names().flatMap((stream) => {
      const reason = this.ledger.pauseOf(stream, now);
      return reason === undefined ? [] : [`${stream}: ${reason}`];
    });
  }

  private async run(): Promise<void> {
    const { logger, pollMs = 1_000 } = this.options;
    let failures = 0;
    let fence: number | undefined;
    while (!this.stopping) {
      try {
        const current = this.options.lease.fence();
        if (current !== undefined && current !== fence) this.ledger.load(await readWatermarks(this.options.database));
        fence = current;
        if (fence !== undefined && (await this.epochs.adopt(() => this.stopping))) this.doubt();
        const more = fence !== undefined && this.options.broker.status() === 'up' && this.options.mayBegin?.() !== false && (await this.pass());
        failures = 0;
        if (!more) await this.wake.wait(this.pauseMs(pollMs));
      } catch (error) {
        failures += 1;
        logger.warn({ err: error }, 'the relay could not read the outbox');
        await this.wake.wait(Math.min(5_000, 50 * 2 ** failures) * Math.random());
      }
    }
  }

  /** One look at the lanes; returns whether more of them may be had at once: a page that was not full was the last. */
  private async pass(): Promise<boolean> {
    const { doubtful } = this;
    this.doubtful = false;
    if (doubtful) {
      await this.options.withdraw?.().catch((error: unknown) => {
        this.doubtful = true;
        throw error;
      });
    }
    const sweeping = this.sweeps.begin(doubtful);
    if (sweeping) this.flight.sweepBegins(this.options.clock.now());
    let more = await this.passLane(lanes.live);
    if (this.backfillLeft || this.sweeps.takesBackfill()) more = (await this.passLane(lanes.backfill)) || more;
    if (sweeping) this.sweeps.ended();
    return more;
  }

  private async passLane(lane: number): Promise<boolean> {
    const { database, clock } = this.options;
    const room = this.roomOf(lane);
    if (room < 1) {
      this.hungry.add(lane);
      if (lane === lanes.backfill && this.pace.asks(performance.now())) this.options.watch.check();
      return false;
    }
    const after = this.sweeps.placeIn(lane);
    const limit = Math.min(pageSize, Math.ceil(room));
    const blockedTypes = this.ledger.pausedTypes(clock.now());
    this.flight.leaveOut(blockedTypes);
    const rows = await readPending(database, {
      lane,
      after,
      limit,
      except: this.flight.takenAfter(after),
      blockedSubjects: this.flight.blockedSubjects(clock.now()),
      blockedTypes,
    });
    const overtaken = await this.overtaken(lane, rows);
    const full = rows.length === limit;
    if (lane === lanes.backfill) this.backfillLeft = full;
    if (this.options.broker.status() !== 'up' || !this.maySend()) return false;
    let taken = 0;
    const ready: PendingRow[] = [];
    for (const row of rows.filter(({ id }) => !overtaken.has(Number(id)))) {
      const what = this.flight.take(row, clock.now());
      if (what === 'skip') continue;
      taken += 1;
      if (what === 'send') ready.push(row);
    }
    this.dispatch.send(ready);
    if (lane === lanes.backfill) this.pace.took(taken);
    const last = rows.at(-1);
    if (last) this.sweeps.reached(lane, last.id);
    return full && taken > 0;
  }

  private async overtaken(lane: number, rows: readonly PendingRow[]): Promise<ReadonlySet<number>> {
    const late = rows.filter(({ id, ordered }) => !ordered && this.sweeps.isLate(lane, id)).map(({ id }) => id);
    const withdrawn = late.length === 0 ? [] : await this.options.withdraw?.(late);
    return new Set(withdrawn?.map(Number));
  }

  private maySend(): boolean {
    return !this.stopping && this.options.lease.fence() !== undefined;
  }

  /** How many rows of a lane may be taken now. */
  private roomOf(lane: number): number {
    // Marking lags behind acknowledging: rows that only wait for their mark count half.
    const free = Math.min(this.publisher.room(), 2 * this.window - this.flight.size());
    return lane === lanes.live ? free : Math.min(free - this.window / 4, this.window / 4 - this.flight.sizeOf(lane), this.pace.room(performance.now()));
  }

  private onMarked(batch: MarkBatch): void {
    for (const row of batch.rows) this.flight.marked(row.id);
    this.wakeForRoom();
  }

  private doubt(): void {
    this.doubtful = true;
    this.sweepSoon();
  }

  private sweepSoon(): void {
    this.sweeps.soon();
    this.wake.now();
  }

  /** Lanes that found no room sleep; waking them for each acknowledgement would read pages of one row. */
  private wakeForRoom(): void {
    for (const lane of this.hungry) {
      if (this.roomOf(lane) < this.window / 8) continue;
      this.hungry.delete(lane);
      this.wake.now();
    }
  }

  private pauseMs(pollMs: number): number {
    const now = this.options.clock.now();
    const due = [this.flight.nextUnblock(now), this.ledger.nextResume(now)].filter((time): time is number => time !== undefined);
    const askIn = this.hungry.has(lanes.backfill) ? this.pace.asksInMs(performance.now()) : pollMs;
    return Math.min(pollMs, this.sweeps.dueInMs(), askIn, ...due.map((time) => time - now + 1));
  }
}

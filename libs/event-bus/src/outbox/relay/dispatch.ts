/**
 * Sends rows, and settles each by what the broker says of it (invariants 3, 4 and 7 of the relay).
 * 1. Whatever is not acknowledged for certain is given back, and then nobody knows what has overtaken what: the relay doubts (8).
 * 2. The next row of an ordered key goes out with the acknowledgement of the one before, without a further look at the outbox.
 */
import { type Clock, type Logger, StewardError } from '@steward/platform';
import type { PublishOutcome, StreamWatch } from '../../broker';
import { encodeHeaders } from '../../envelope';
import { publishOutcomes as outcomes } from '../outbox-metrics';
import type { Batches, Outgoing } from './batches';
import type { Epochs } from './epochs';
import type { Flight } from './flight';
import type { Marker } from './marker';
import type { PendingRow } from './read-pending';
import { startSendSpan } from './send-span';
import type { StreamLedger } from './stream-ledger';

export interface DispatchOptions {
  readonly flight: Flight;
  readonly ledger: StreamLedger;
  readonly batches: Batches;
  readonly marker: Pick<Marker, 'add'>;
  readonly epochs: Pick<Epochs, 'lostTail'>;
  readonly watch: Pick<StreamWatch, 'check'>;
  readonly clock: Clock;
  readonly logger: Logger;
  /** Whether this relay may still send: it holds the lease and is not stopping. */
  readonly maySend: () => boolean;
  /** A pending row may have been overtaken (8). */
  readonly doubt: () => void;
  /** A message is no longer under way. */
  readonly roomChanged: () => void;
}

/** A message that is under way. */
interface Sent {
  readonly row: PendingRow;
  readonly stream: string;
  readonly epoch: string;
  /** The highest sequence that was acknowledged before it was sent. */
  readonly recordedBefore: number;
}

const noStreamPauseMs = 1_000;

export class Dispatch {
  constructor(private readonly options: DispatchOptions) {}

  send(rows: readonly PendingRow[]): void {
    const { batches, ledger } = this.options;
    const byStream = new Map<string, Outgoing[]>();
    for (const row of rows) {
      const stream = ledger.streamOfType(row.envelope.type) ?? '';
      const outgoing = this.outgoing(row);
      if (!outgoing) continue;
      const sameStream = byStream.get(stream);
      if (sameStream) sameStream.push(outgoing);
      else byStream.set(stream, [outgoing]);
    }
    for (const [stream, messages] of byStream) batches.send(stream, messages);
  }

  private outgoing(row: PendingRow): Outgoing | undefined {
    const { flight, ledger } = this.options;
    const { envelope } = row;
    const stream = ledger.streamOfType(envelope.type);
    const epoch = stream && ledger.epochOf(stream);
    if (stream === undefined || epoch === undefined) {
      this.fail(row, new StewardError('OUTBOX_UNKNOWN_SUBJECT', `no stream of this service takes ${envelope.subject}`));
      return undefined;
    }
    const sent: Sent = { row, stream, epoch, recordedBefore: ledger.recordedSequence(stream) };
    const span = startSendSpan(envelope, stream);
    const headers = encodeHeaders(span ? { ...envelope, traceparent: span.traceparent } : envelope, row.republishedFor ?? undefined);
    return {
      subject: envelope.subject,
      headers,
      body: envelope.body,
      alone: flight.hasFailed(envelope.subject),
      overtaken: () => flight.isOvertaken(row),
      done: (outcome) => {
        span?.end(outcome.kind === 'stored' ? undefined : outcome.error);
        this.settle(sent, outcome);
      },
    };
  }

  private settle(sent: Sent, outcome: PublishOutcome): void {
    const { row, stream } = sent;
    const { clock, ledger, logger, watch } = this.options;
    this.options.roomChanged();
    switch (outcome.kind) {
      case 'unknown': // B5
        outcomes.inc({ outcome: 'unknown' });
        this.giveBack(row);
        return;
      case 'refused':
        outcomes.inc({ outcome: 'refused' });
        this.fail(row, outcome.error);
        return;
      case 'no-stream':
        outcomes.inc({ outcome: 'no-stream' });
        this.giveBack(row);
        if (ledger.pauseOf(stream, clock.now()) !== undefined) return;
        logger.warn({ err: outcome.error, stream }, 'the stream takes nothing, trying again');
        ledger.pause(stream, outcome.error.message, clock.now() + noStreamPauseMs);
        watch.check();
        return;
      case 'stored':
        this.stored(sent, outcome);
    }
  }

  private stored({ row, stream, epoch, recordedBefore }: Sent, { stream: storedIn, sequence, duplicate }: PublishOutcome & { kind: 'stored' }): void {
    const { clock, epochs, flight, ledger, marker, maySend } = this.options;
    if (storedIn !== stream) {
      // B5: somebody gave our subject to another stream.
      this.fail(row, new StewardError('BROKER_WRONG_STREAM', `${row.envelope.subject} was stored in ${storedIn} instead of ${stream}`));
      return;
    }
    if (!duplicate && sequence <= recordedBefore) {
      outcomes.inc({ outcome: 'tail-lost' });
      this.giveBack(row);
      epochs.lostTail(stream, sequence, recordedBefore);
      return;
    }
    outcomes.inc({ outcome: duplicate ? 'duplicate' : 'stored' });
    ledger.record(stream, epoch, sequence, row.envelope.id);
    marker.add(row.lane, stream, epoch, { id: row.id, createdAt: row.createdAt, messageId: row.envelope.id, sequence });
    const next = flight.acknowledged(row);
    if (!next) return;
    if (maySend() && ledger.pauseOf(stream, clock.now()) === undefined) this.send([next]);
    else flight.giveBack(next);
  }

  private giveBack(row: PendingRow): void {
    this.options.flight.giveBack(row);
    this.options.doubt();
  }

  private fail(row: PendingRow, error: StewardError): void {
    this.options.logger.error({ err: error, subject: row.envelope.subject, messageId: row.envelope.id }, 'a row can not be published, its key waits');
    this.options.flight.block(row, this.options.clock.now());
    this.options.doubt();
  }
}

/**
 * B10: what becomes of a stream whose messages were lost.
 * 1. A proof of loss stops its stream until operations declares a new epoch; it is told again until then.
 * 2. A declared epoch is taken over once nothing of its stream is in flight, in one transaction under the lease.
 */
import { type Database, type Logger } from '@steward/platform';
import type { BrokerState, StreamWatch } from '../../broker';
import type { Lease } from '../../lease';
import { adoptEpoch, type Rebuild } from './adopt-epoch';
import type { Flight } from './flight';
import type { StreamLedger } from './stream-ledger';

export interface EpochsOptions {
  database: Pick<Database, 'transaction'>;
  lease: Pick<Lease, 'assert'>;
  ledger: StreamLedger;
  flight: Flight;
  watch: Pick<StreamWatch, 'check'>;
  logger: Logger;
  rebuild: Rebuild | undefined;
}

const tellAgainMs = 2_000;

export class Epochs {
  private readonly proofs = new Map<string, { sequence: number; toldAt: number }>();
  private declared: BrokerState | undefined;

  constructor(private readonly options: EpochsOptions) {}

  declare(state: BrokerState): void {
    this.declared = state;
  }

  /** A new message got a sequence that was recorded before it was sent. */
  lostTail(stream: string, sequence: number, recorded: number): void {
    if (this.proofs.has(stream)) return;
    const { ledger, logger } = this.options;
    ledger.pause(stream, 'it lost messages that it had acknowledged; waiting for a new epoch', Infinity);
    logger.error({ stream, sequence, recorded }, 'the stream lost its tail: a new message got a sequence that was taken');
    this.tell(stream, sequence);
  }

  /** Takes over each epoch that was declared and this database has not seen; returns whether there was one. */
  async adopt(stopping: () => boolean): Promise<boolean> {
    const { ledger } = this.options;
    let adopted = false;
    for (const stream of ledger.names()) {
      const to = this.declared?.streams[stream]?.epoch;
      const from = ledger.epochOf(stream);
      if (to === undefined || to === from) {
        const proof = this.proofs.get(stream);
        if (proof && performance.now() - proof.toldAt > tellAgainMs) this.tell(stream, proof.sequence);
      } else {
        adopted = (await this.takeOver(stream, from, to, stopping)) || adopted;
      }
    }
    return adopted;
  }

  private async takeOver(stream: string, from: string | undefined, to: string, stopping: () => boolean): Promise<boolean> {
    const { database, flight, lease, ledger, logger, rebuild } = this.options;
    ledger.pause(stream, 'a new epoch is being taken over', Infinity);
    const types = ledger.typesOf(stream);
    // Messages in flight end by themselves: acknowledged and marked, refused, or unknown after the time-out.
    while ([...flight.rows()].some((row) => types.includes(row.envelope.type))) {
      if (stopping()) return false;
      await new Promise((resolve) => setTimeout(resolve, 5));
    }
    const again = await database.transaction(async (tx) => {
      await lease.assert(tx);
      return adoptEpoch(tx, { stream, types, from, to }, rebuild);
    });
    ledger.setEpoch(stream, to);
    this.proofs.delete(stream);
    if (from !== undefined) logger.warn({ stream, from, to, rows: again }, 'stream has a new epoch, what it lost is published again');
    return true;
  }

  private tell(stream: string, sequence: number): void {
    this.proofs.set(stream, { sequence, toldAt: performance.now() });
    this.options.watch.check({ stream, sequence });
  }
}

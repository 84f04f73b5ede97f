import type { ConsumerInfo } from '@nats-io/jetstream';

/** How far a durable has come: everything in its stream at or below `sequence` is applied, held or dead-lettered. */
export interface Floor {
  readonly sequence: number;
  /** The stream's incarnation as the provisioner wrote it on the durable; sequences of different epochs don't compare (B2). */
  readonly epoch: string | undefined;
}

/** Metadata key under which the provisioner writes the stream's epoch. */
const epochKey = 'steward-epoch';

/**
 * O8's watermark. It comes from the broker's view of the durable, because only that covers all replicas, and is never ahead of the
 * truth: messages are acknowledged after their commit, and what is asked for is a second old.
 */
export class Progress {
  readonly #floors = new Map<string, Floor>();
  readonly #before = new Map<string, number>();

  /** Of every binding the first one counts: what was acknowledged then, this process can't have applied. */
  bound(consumer: string, stream: string, acknowledged: number): void {
    const name = `${consumer}@${stream}`;
    if (!this.#before.has(name)) this.#before.set(name, acknowledged);
  }

  acknowledgedBefore(consumer: string, stream: string): number | undefined {
    return this.#before.get(`${consumer}@${stream}`);
  }

  note(consumer: string, stream: string, info: Pick<ConsumerInfo, 'ack_floor' | 'delivered' | 'num_ack_pending' | 'config'>): void {
    // With nothing unacknowledged the floor is where delivery stands, which also passes over messages that the durable's filter skips.
    const sequence = info.num_ack_pending === 0 ? Math.max(info.ack_floor.stream_seq, info.delivered.stream_seq) : info.ack_floor.stream_seq;
    this.#floors.set(`${consumer}@${stream}`, { sequence, epoch: info.config.metadata?.[epochKey] });
  }

  /** A session ended: its stream may be another one now. */
  forget(consumer: string, stream: string): void {
    this.#floors.delete(`${consumer}@${stream}`);
  }

  floor(consumer: string, stream: string): Floor | undefined {
    return this.#floors.get(`${consumer}@${stream}`);
  }
}

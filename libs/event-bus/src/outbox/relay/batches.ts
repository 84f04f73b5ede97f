/**
 * Sends what the relay has read in one go (B11, ADR 0015). A broker that syncs every message before it acknowledges (B1) syncs an
 * atomic batch once, and carries many times as much; one that syncs lazily carries less in batches than one by one.
 * 1. A batch is stored whole, under consecutive sequences, or not at all.
 * 2. A refused batch holds an id that is stored already, or a member that the stream does not take: its messages are sent one by one
 *    at once, where a duplicate is a success and each is refused for itself.
 * 3. An unknown outcome is each message's (B5); sent again with its id, it is case 2 or new.
 */
import type { PublishOutcome, RawPublisher } from '../../broker';

export interface Outgoing {
  readonly subject: string;
  readonly headers: Uint8Array;
  readonly body: string;
  /** It failed before: it must not cost others their batch. */
  readonly alone: boolean;
  /** A newer state of its key went out after it: sent again it would come behind that (B12). */
  readonly overtaken: () => boolean;
  readonly done: (outcome: PublishOutcome) => void;
}

/** Below it, single publishes are as fast: a batch costs the broker about as much as a dozen messages. */
const smallest = 20;
/** Half of what the broker takes; four of them fill the relay's window. */
const largest = 500;
const notAllowed = 10_174;
const askAgainAfterMs = 60_000;

export class Batches {
  /** Whether the broker is known to sync every message. */
  syncAlways = false;
  private readonly singleUntil = new Map<string, number>();

  constructor(private readonly publisher: Pick<RawPublisher, 'publish' | 'publishBatch'>) {}

  /** Messages of one stream. */
  send(stream: string, messages: readonly Outgoing[]): void {
    const batched = this.syncAlways && performance.now() > (this.singleUntil.get(stream) ?? -Infinity) ? messages.filter(({ alone }) => !alone) : [];
    for (const message of messages) if (batched.length < smallest || message.alone) this.single(message);
    if (batched.length < smallest) return;
    for (let from = 0; from < batched.length; from += largest) this.batch(stream, batched.slice(from, from + largest));
  }

  private batch(stream: string, messages: readonly Outgoing[]): void {
    this.publisher.publishBatch(messages, (outcome) => {
      if (outcome.kind === 'refused') {
        if (outcome.code === notAllowed) this.singleUntil.set(stream, performance.now() + askAgainAfterMs);
        for (const message of messages) {
          if (message.overtaken()) message.done({ kind: 'unknown', error: outcome.error });
          else this.single(message);
        }
        return;
      }
      for (const [index, { done }] of messages.entries()) {
        done(outcome.kind === 'stored' ? { ...outcome, sequence: outcome.sequence - (messages.length - 1 - index) } : outcome);
      }
    });
  }

  private single({ subject, headers, body, done }: Outgoing): void {
    this.publisher.publish(subject, headers, body, done);
  }
}

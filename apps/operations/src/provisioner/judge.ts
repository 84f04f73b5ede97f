/** Decides from evidence alone what became of a stream or durable (B2, B10). Pure, so that every case is a line in a test. */
import type { DurableFacts, RecordedPosition, StreamFacts } from '@steward/event-bus';
import type { RegisteredStream } from './stream-register.store';

export interface Report {
  readonly service: string;
  readonly position: RecordedPosition;
  /** Sequence of a new message that was at or below what had been recorded. */
  readonly proof?: number;
}

export type StreamVerdict =
  | { kind: 'intact' }
  /** Never made here before; a stream that is there already keeps the epoch it carries. */
  | { kind: 'first' }
  /** Declared in the register, interrupted before the broker had it. */
  | { kind: 'unfinished' }
  | { kind: 'lost'; reason: string };

const lost = (reason: string): StreamVerdict => ({ kind: 'lost', reason });

export function judgeStream(registered: RegisteredStream | undefined, found: StreamFacts | undefined, reports: readonly Report[], holdsForEver: boolean): StreamVerdict {
  if (!registered) return { kind: 'first' };
  if (!registered.applied) return { kind: 'unfinished' };
  if (!found) return lost('the stream is gone');
  if (found.mark?.epoch !== registered.epoch) return lost(`the stream carries epoch ${found.mark?.epoch ?? 'none'} instead of ${registered.epoch}: it was made anew or restored`);
  if (registered.created !== null && found.created !== registered.created) return lost(`the stream was made anew at ${found.created}`);
  if (found.lastSequence < registered.lastSequence) return lost(`its last sequence fell from ${registered.lastSequence} to ${found.lastSequence}`);
  // Only superseding removes messages from a state stream without an age limit, and that leaves one per key.
  if (holdsForEver && found.messages === 0 && found.lastSequence > registered.emptyUpTo) return lost('it was emptied');
  for (const { service, position, proof } of reports) {
    // A report from before this epoch was declared says nothing about it.
    if (position.epoch !== registered.epoch) continue;
    if (proof !== undefined) return lost(`${service} got sequence ${proof} for a new message after ${position.sequence} was acknowledged`);
    if (position.sequence > found.lastSequence) return lost(`${service} has an acknowledgement of sequence ${position.sequence}, the stream ends at ${found.lastSequence}`);
    const other = position.sequence === found.lastSequence && position.messageId && found.lastMessageId && position.messageId !== found.lastMessageId;
    if (other) return lost(`sequence ${position.sequence} holds message ${found.lastMessageId}, ${service} was given it for ${position.messageId}`);
  }
  return { kind: 'intact' };
}

export type DurableVerdict = { kind: 'ready' } | { kind: 'missing' } | { kind: 'ahead'; reason: string } | { kind: 'different'; settings: readonly string[] };

/** B2: a durable that is ahead of its stream skips new messages silently until they pass its floor. */
export function judgeDurable(found: DurableFacts | undefined, lastSequence: number): DurableVerdict {
  if (!found) return { kind: 'missing' };
  if (found.ackFloor > lastSequence || found.delivered > lastSequence) {
    return { kind: 'ahead', reason: `ack floor ${found.ackFloor}, delivered ${found.delivered}, the stream ends at ${lastSequence}` };
  }
  return found.differs.length > 0 ? { kind: 'different', settings: found.differs } : { kind: 'ready' };
}

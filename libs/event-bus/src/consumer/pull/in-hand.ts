import type { Outcome } from '../work';
import type { Laned } from './lanes';
import type { Message, Session } from './session';
import { isBackfill } from './wire-headers';

/** A message from its delivery until it is settled. */
export interface InHand extends Laned {
  readonly message: Message;
  readonly session: Session;
  readonly receivedAtMs: number;
  /** When the broker last heard that it is in hand. */
  toldAtMs: number;
}

export function toInHand(message: Message, session: Session): InHand {
  const now = performance.now();
  return { lane: message.subject, backfill: isBackfill(message.headers), message, session, receivedAtMs: now, toldAtMs: now };
}

export function settle({ message }: InHand, outcome: Outcome): void {
  if (outcome.kind === 'done') message.ack();
  else message.nak(Math.max(1, outcome.afterMs));
}

/** Comes again at once, here or at another replica. */
export function giveBack({ message }: InHand): void {
  message.nak(0);
}

import { type DeadLetter, deadLetter } from '@steward/contracts';
import { defineTold } from '../tell/define-told';

/** As the driver gives it. */
interface LetterRow {
  readonly id: string;
  readonly consumer: string;
  readonly kind: DeadLetter['kind'];
  readonly entity: string | null;
  readonly key: string | null;
  readonly system: string | null;
  readonly cause: DeadLetter['class'];
  readonly code: string | null;
  readonly message: string;
  readonly fingerprint: string;
  readonly frame: string | null;
  readonly attempts: number;
  readonly state: DeadLetter['state'];
  readonly opened_at: Date;
  readonly last_seen_at: Date;
  readonly respond_by: Date | null;
  readonly closed_at: Date | null;
  readonly closed_by: string | null;
  readonly closed_reason: string | null;
  readonly owner: DeadLetter['owner'];
  readonly traceparent: string | null;
  readonly message_id: string | null;
  readonly revision: string | null;
  readonly sequence: string | null;
  readonly versions: Record<string, string | null>;
}

export const letterColumns = `id, consumer, kind, entity, key, system, cause, code, message, fingerprint, frame, attempts, state, opened_at, last_seen_at, respond_by,
  closed_at, closed_by, closed_reason, owner, traceparent, message_id, revision, sequence, versions`;

const iso = (at: Date | null): string | null => at?.toISOString() ?? null;
const count = (text: string | null): number | null => (text === null ? null : Number(text));
// What came from outside may be longer than anybody wants to read; its letter has it whole.
const cut = (text: string | null, most: number): string | null => (text === null ? null : text.toWellFormed().slice(0, most).toWellFormed());

export function letterOfRow(row: LetterRow, service: string): DeadLetter {
  return {
    letterId: row.id, service, consumer: row.consumer.slice(0, 100), kind: row.kind, entity: cut(row.entity, 40), key: cut(row.key, 1_000), system: cut(row.system, 40),
    class: row.cause, code: cut(row.code, 100), message: row.message, fingerprint: row.fingerprint.slice(0, 64), frame: row.frame, attempts: row.attempts, state: row.state,
    openedAt: row.opened_at.toISOString(), lastSeenAt: row.last_seen_at.toISOString(), respondBy: iso(row.respond_by),
    closedAt: iso(row.closed_at), closedBy: cut(row.closed_by, 200), closedReason: cut(row.closed_reason, 2_000), owner: row.owner,
    traceparent: cut(row.traceparent, 100), messageId: cut(row.message_id, 100), revision: count(row.revision), sequence: count(row.sequence), versions: row.versions,
  };
}

/** What everybody may know of this service's letters; payload, headers and stack are not among it. */
export const toldLetters = defineTold<LetterRow, DeadLetter>({ contract: deadLetter, table: 'dead_letter', select: letterColumns.replace('id, ', ''), toData: letterOfRow });

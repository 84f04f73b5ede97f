/**
 * Start of every statement that writes outbox rows; the caller appends a select with these columns in this order.
 * A fragment and not a function, because the row must be written by the *same statement* as the entity row and its revision
 * (O1): one UNNEST statement for both writes 33–45 k rows/s, four round trips 1.6 k.
 */
const outboxColumns = [
  'message_id',
  'entity',
  'key',
  'kind',
  'type',
  'subject',
  'lane',
  'revision',
  'sequence',
  'event_time',
  'origin',
  'correlation_id',
  'causation_id',
  'traceparent',
  'tombstone',
  'body',
] as const;

export const outboxInsert = `insert into outbox (${outboxColumns.join(', ')}) `;

/** O9: live changes and backfill are claimed apart. */
export const lanes = { live: 0, backfill: 1 } as const;
export type Lane = (typeof lanes)[keyof typeof lanes];

/** Wakes the relay at commit. It is notified once a batch, never once a row: a pending NOTIFY takes a database-wide lock at commit. */
export const outboxChannel = 'outbox';

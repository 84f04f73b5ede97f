/** For readers through TypeORM (the desk, the API); writing is SQL by hand. Indexes live in the migration only. */
import { EntitySchema } from 'typeorm';

export interface DeadLetter {
  id: string;
  kind: 'letter' | 'security';
  consumer: string;
  identity: string;
  entity: string | null;
  key: string | null;
  messageId: string | null;
  revision: string | null;
  sequence: string | null;
  system: string | null;
  stream: string | null;
  subject: string;
  headers: Record<string, string[]>;
  body: Buffer;
  class: string;
  code: string | null;
  error: string;
  stack: string | null;
  fingerprint: string;
  attempts: number;
  versions: Record<string, string | null>;
  owner: Record<string, string>;
  traceparent: string | null;
  state: 'open' | 'superseded' | 'redriven' | 'discarded';
  openedAt: Date;
  lastSeenAt: Date;
  respondBy: Date | null;
  closedAt: Date | null;
  closedBy: string | null;
  closedReason: string | null;
}

export const deadLetterEntity = new EntitySchema<DeadLetter>({
  name: 'DeadLetter',
  tableName: 'dead_letter',
  columns: {
    id: { type: 'uuid', primary: true },
    kind: { type: 'text' },
    consumer: { type: 'text' },
    identity: { type: 'text' },
    entity: { type: 'text', nullable: true },
    key: { type: 'text', nullable: true },
    messageId: { type: 'text', name: 'message_id', nullable: true },
    revision: { type: 'bigint', nullable: true },
    sequence: { type: 'bigint', nullable: true },
    system: { type: 'text', nullable: true },
    stream: { type: 'text', nullable: true },
    subject: { type: 'text' },
    headers: { type: 'json' },
    body: { type: 'bytea' },
    class: { type: 'text' },
    code: { type: 'text', nullable: true },
    error: { type: 'text' },
    stack: { type: 'text', nullable: true },
    fingerprint: { type: 'text' },
    attempts: { type: 'integer' },
    versions: { type: 'json' },
    owner: { type: 'json' },
    traceparent: { type: 'text', nullable: true },
    state: { type: 'text' },
    openedAt: { type: 'timestamptz', name: 'opened_at' },
    lastSeenAt: { type: 'timestamptz', name: 'last_seen_at' },
    respondBy: { type: 'timestamptz', name: 'respond_by', nullable: true },
    closedAt: { type: 'timestamptz', name: 'closed_at', nullable: true },
    closedBy: { type: 'text', name: 'closed_by', nullable: true },
    closedReason: { type: 'text', name: 'closed_reason', nullable: true },
  },
});

export interface StoredPart {
  entity: string;
  key: string;
  revision: string;
  data: unknown;
  hash: Buffer;
  changedAt: Date;
  origin: string;
  messageId: string;
  appliedAt: Date;
}

export const storedPartEntity = new EntitySchema<StoredPart>({
  name: 'StoredPart',
  tableName: 'stored_part',
  columns: {
    entity: { type: 'text', primary: true },
    key: { type: 'text', primary: true },
    revision: { type: 'bigint' },
    data: { type: 'json', nullable: true },
    hash: { type: 'bytea' },
    changedAt: { type: 'timestamptz', name: 'changed_at' },
    origin: { type: 'text' },
    messageId: { type: 'uuid', name: 'message_id' },
    appliedAt: { type: 'timestamptz', name: 'applied_at' },
  },
});

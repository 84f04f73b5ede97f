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
  revision: number | null;
  sequence: number | null;
  system: string | null;
  stream: string | null;
  streamSequence: number | null;
  subject: string;
  headers: Record<string, string[]>;
  body: Buffer;
  class: string;
  code: string | null;
  error: string;
  stack: string | null;
  fingerprint: string;
  cause: string;
  message: string;
  frame: string | null;
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
  /** Bumped by every change but the mark that it was told. */
  version: number;
  toldVersion: number;
}

const deadLetterEntity = new EntitySchema<DeadLetter>({
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
    streamSequence: { type: 'bigint', name: 'stream_sequence', nullable: true },
    subject: { type: 'text' },
    headers: { type: 'json' },
    body: { type: 'bytea' },
    class: { type: 'text' },
    code: { type: 'text', nullable: true },
    error: { type: 'text' },
    stack: { type: 'text', nullable: true },
    fingerprint: { type: 'text' },
    cause: { type: 'text', default: 'bug' },
    message: { type: 'text', default: '' },
    frame: { type: 'text', nullable: true },
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
    version: { type: 'bigint', default: 1 },
    toldVersion: { type: 'bigint', name: 'told_version', default: 0 },
  },
});

/** I6: who did what to a letter, and why. */
export interface DeadLetterAct {
  id: number;
  letterId: string;
  act: string;
  actor: string;
  reason: string;
  verdict: string;
  detail: string | null;
  at: Date;
  actId: string | null;
  patch: unknown;
  bodyHash: string | null;
  body: Buffer | null;
}

const deadLetterActEntity = new EntitySchema<DeadLetterAct>({
  name: 'DeadLetterAct',
  tableName: 'dead_letter_act',
  columns: {
    id: { type: 'bigint', primary: true },
    letterId: { type: 'uuid', name: 'letter_id' },
    act: { type: 'text' },
    actor: { type: 'text' },
    reason: { type: 'text' },
    verdict: { type: 'text' },
    detail: { type: 'text', nullable: true },
    at: { type: 'timestamptz' },
    actId: { type: 'text', name: 'act_id', nullable: true },
    patch: { type: 'json', nullable: true },
    bodyHash: { type: 'text', name: 'body_hash', nullable: true },
    body: { type: 'bytea', nullable: true },
  },
});

export const deadLetterEntities = [deadLetterEntity, deadLetterActEntity];

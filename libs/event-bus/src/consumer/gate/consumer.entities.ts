/** For readers through TypeORM (the desk, tools, tests); writing is SQL by hand. Indexes live in the migration only. */
import { EntitySchema } from 'typeorm';
import type { Envelope } from '../../envelope';

export interface StoredPart {
  entity: string;
  key: string;
  revision: number;
  /** null = tombstone */
  data: unknown;
  hash: Buffer;
  changedAt: Date;
  origin: string;
  messageId: string;
  appliedAt: Date;
  deletedAt: Date | null;
  /** In which `data` is written. */
  major: number;
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
    deletedAt: { type: 'timestamptz', name: 'deleted_at', nullable: true },
    major: { type: 'smallint' },
  },
});

export interface InboxRow {
  messageId: string;
  handler: string;
  appliedAt: Date;
}

export const inboxEntity = new EntitySchema<InboxRow>({
  name: 'Inbox',
  tableName: 'inbox',
  columns: {
    messageId: { type: 'uuid', name: 'message_id', primary: true },
    handler: { type: 'text', primary: true },
    appliedAt: { type: 'timestamptz', name: 'applied_at' },
  },
});

export interface EventPosition {
  handler: string;
  /** `<system>.<entity>/<key>` */
  key: string;
  sequence: number;
}

const eventPositionEntity = new EntitySchema<EventPosition>({
  name: 'EventPosition',
  tableName: 'event_position',
  columns: {
    handler: { type: 'text', primary: true },
    key: { type: 'text', primary: true },
    sequence: { type: 'bigint' },
  },
});

export interface Held {
  handler: string;
  key: string;
  sequence: number;
  messageId: string;
  envelope: Envelope;
  awaitsEntity: string | null;
  awaitsKey: string | null;
  heldAt: Date;
  expiresAt: Date;
  retryAt: Date | null;
}

const heldEntity = new EntitySchema<Held>({
  name: 'Held',
  tableName: 'held',
  columns: {
    handler: { type: 'text', primary: true },
    key: { type: 'text', primary: true },
    sequence: { type: 'bigint', primary: true },
    messageId: { type: 'uuid', name: 'message_id' },
    envelope: { type: 'json' },
    awaitsEntity: { type: 'text', name: 'awaits_entity', nullable: true },
    awaitsKey: { type: 'text', name: 'awaits_key', nullable: true },
    heldAt: { type: 'timestamptz', name: 'held_at' },
    expiresAt: { type: 'timestamptz', name: 'expires_at' },
    retryAt: { type: 'timestamptz', name: 'retry_at', nullable: true },
  },
});

export interface DeliveryAttempt {
  consumer: string;
  messageId: string;
  attempts: number;
  firstAt: Date;
}

const deliveryAttemptEntity = new EntitySchema<DeliveryAttempt>({
  name: 'DeliveryAttempt',
  tableName: 'delivery_attempt',
  columns: {
    consumer: { type: 'text', primary: true },
    messageId: { type: 'uuid', name: 'message_id', primary: true },
    attempts: { type: 'integer' },
    firstAt: { type: 'timestamptz', name: 'first_at' },
  },
});

export const consumerEntities = [storedPartEntity, inboxEntity, eventPositionEntity, heldEntity, deliveryAttemptEntity];

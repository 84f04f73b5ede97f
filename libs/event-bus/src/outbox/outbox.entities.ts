import { EntitySchema } from 'typeorm';

/** Rows as read back by tools and tests; the hot path is SQL by hand, and the migration alone defines the tables. */
interface OutboxRow {
  id: number;
  messageId: string;
  entity: string;
  key: string;
  kind: 'state' | 'event' | 'command';
  type: string;
  subject: string;
  lane: number;
  revision: number | null;
  sequence: number | null;
  eventTime: Date;
  origin: string;
  correlationId: string | null;
  causationId: string | null;
  traceparent: string | null;
  tombstone: boolean;
  body: string;
  createdAt: Date;
  publishedAt: Date | null;
  stream: string | null;
  epoch: string | null;
  streamSequence: number | null;
}

const outboxEntity = new EntitySchema<OutboxRow>({
  name: 'Outbox',
  tableName: 'outbox',
  columns: {
    id: { type: 'bigint', primary: true },
    messageId: { name: 'message_id', type: 'uuid' },
    entity: { type: 'text' },
    key: { type: 'text' },
    kind: { type: 'text' },
    type: { type: 'text' },
    subject: { type: 'text' },
    lane: { type: 'smallint' },
    revision: { type: 'bigint', nullable: true },
    sequence: { type: 'bigint', nullable: true },
    eventTime: { name: 'event_time', type: 'timestamptz' },
    origin: { type: 'text' },
    correlationId: { name: 'correlation_id', type: 'text', nullable: true },
    causationId: { name: 'causation_id', type: 'text', nullable: true },
    traceparent: { type: 'text', nullable: true },
    tombstone: { type: 'boolean' },
    body: { type: 'text' },
    createdAt: { name: 'created_at', type: 'timestamptz' },
    publishedAt: { name: 'published_at', type: 'timestamptz', nullable: true },
    stream: { type: 'text', nullable: true },
    epoch: { type: 'text', nullable: true },
    streamSequence: { name: 'stream_sequence', type: 'bigint', nullable: true },
  },
});

interface WatermarkRow {
  stream: string;
  epoch: string;
  sequence: number;
  messageId: string | null;
}

const watermarkEntity = new EntitySchema<WatermarkRow>({
  name: 'OutboxWatermark',
  tableName: 'outbox_watermark',
  columns: {
    stream: { type: 'text', primary: true },
    epoch: { type: 'text' },
    sequence: { type: 'bigint' },
    messageId: { name: 'message_id', type: 'uuid', nullable: true },
  },
});

interface LeaseRow {
  name: string;
  holder: string;
  fence: number;
  expiresAt: Date;
}

const leaseEntity = new EntitySchema<LeaseRow>({
  name: 'Lease',
  tableName: 'lease',
  columns: {
    name: { type: 'text', primary: true },
    holder: { type: 'text' },
    fence: { type: 'bigint' },
    expiresAt: { name: 'expires_at', type: 'timestamptz' },
  },
});

export const outboxEntities = [outboxEntity, watermarkEntity, leaseEntity];

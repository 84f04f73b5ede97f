import type { MigrationInterface, QueryRunner } from 'typeorm';
import { ForgottenMessages1796000000000 } from '../privacy/forgotten-message.migration';
import { DatabaseLifeProofs1800000001000, DatabaseLives1799000000000 } from './life.migration';

/**
 * Tables of the sending side. Written by hand: partitions and partial indexes are the point of them, and no entity schema
 * can say either. `outbox` has no unique index: its rows are found by the pending index, and a primary key would have to
 * contain created_at (the partition key), so it would promise nothing and cost a second index on every write.
 */
class OutboxTables1764000000000 implements MigrationInterface {
  readonly name = 'OutboxTables1764000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table outbox (
        id bigint generated always as identity,
        message_id uuid not null,
        entity text not null,
        key text not null,
        kind text not null check (kind in ('state', 'event', 'command')),
        type text not null,
        subject text not null,
        lane smallint not null default 0,
        revision bigint,
        sequence bigint,
        event_time timestamptz not null,
        origin text not null default 'live',
        correlation_id text,
        causation_id text,
        traceparent text,
        tombstone boolean not null default false,
        body text not null,
        created_at timestamptz not null default now(),
        published_at timestamptz,
        stream text,
        epoch text,
        stream_sequence bigint
      ) partition by range (created_at)`);
    await runner.query('create index outbox_pending on outbox (lane, id) where published_at is null');
    // Catches rows when nobody made the day's partition: a missing partition must never cost a commit.
    await runner.query('create table outbox_default partition of outbox default');
    await runner.query(`
      create table outbox_watermark (
        stream text primary key,
        epoch text not null,
        sequence bigint not null,
        message_id uuid
      )`);
    await runner.query(`
      create table event_sequence (
        entity text not null,
        key text not null,
        last bigint not null,
        primary key (entity, key)
      )`);
    await runner.query(`
      create table lease (
        name text primary key,
        holder text not null,
        fence bigint not null,
        expires_at timestamptz not null
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table lease, event_sequence, outbox_watermark, outbox');
  }
}

export const outboxMigrations = [OutboxTables1764000000000, ForgottenMessages1796000000000, DatabaseLives1799000000000, DatabaseLifeProofs1800000001000];

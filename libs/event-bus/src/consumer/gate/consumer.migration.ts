import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * The consumer's tables, as SQL by hand: entities can't express fill factors and partial indexes.
 * `json`, not `jsonb`: bodies are kept as the bytes that were announced, so that hashes and ETags compare, and writing is cheaper.
 */
export class ConsumerTables1700000002000 implements MigrationInterface {
  readonly name = 'ConsumerTables1700000002000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table apply_journal, dead_letter_act, dead_letter, delivery_attempt, held, event_position, inbox, stored_part');
  }
}

const tables = [
  // data null = tombstone, kept with its revision (C12). fillfactor: most writes are updates of a key that is there, and stay on their page.
  `create table stored_part (
    entity text not null, key text not null, revision bigint not null, data json, hash bytea not null,
    changed_at timestamptz not null, origin text not null, message_id uuid not null, applied_at timestamptz not null default now(),
    deleted_at timestamptz, primary key (entity, key)) with (fillfactor = 70)`,
  // O6: old tombstones are found by a column that updates of living rows don't change, so that those stay HOT.
  `create index stored_part_deleted on stored_part (entity, deleted_at) where deleted_at is not null`,
  `create table inbox (
    message_id uuid not null, handler text not null, applied_at timestamptz not null default now(),
    primary key (message_id, handler))`,
  // O6. Rows come in the order of their time: a summary a page range costs an insert nothing.
  `create index inbox_age on inbox using brin (applied_at) with (autosummarize = on)`,
  // Highest sequence of a key that a handler has applied or was told to skip (C5b). key = <system>.<entity>/<key>
  `create table event_position (
    handler text not null, key text not null, sequence bigint not null,
    primary key (handler, key)) with (fillfactor = 70)`,
  // Events that wait for an earlier one of their key (C5, C5b) or for the entity they speak of (C8).
  `create table held (
    handler text not null, key text not null, sequence bigint not null, message_id uuid not null, envelope json not null,
    awaits_entity text, awaits_key text, held_at timestamptz not null, expires_at timestamptz not null, retry_at timestamptz,
    primary key (handler, key, sequence))`,
  `create index held_awaits on held (awaits_entity, awaits_key) where awaits_entity is not null`,
  // Tries of the few messages that failed or came a third time (C3, C5b); a row goes with its message's success.
  `create table delivery_attempt (
    consumer text not null, message_id uuid not null, attempts integer not null, first_at timestamptz not null,
    primary key (consumer, message_id))`,
  `create table dead_letter (
    id uuid primary key default gen_random_uuid(), kind text not null default 'letter', consumer text not null, identity text not null,
    entity text, key text, message_id text, revision bigint, sequence bigint, system text,
    stream text, stream_sequence bigint, subject text not null, headers json not null, body bytea not null,
    class text not null, code text, error text not null, stack text, fingerprint text not null,
    attempts integer not null, versions json not null, owner json not null, traceparent text,
    state text not null default 'open', opened_at timestamptz not null, last_seen_at timestamptz not null, respond_by timestamptz,
    closed_at timestamptz, closed_by text, closed_reason text)`,
  // One open letter per logical message: a redelivery of what was already given up finds it.
  `create unique index dead_letter_open on dead_letter (consumer, identity) where state = 'open'`,
  `create index dead_letter_open_key on dead_letter (consumer, entity, key) where state = 'open'`,
  // O6
  `create index dead_letter_closed on dead_letter (consumer, closed_at) where closed_at is not null`,
  // I6: who did what to a letter and why, written in the transaction of the act.
  `create table dead_letter_act (
    id bigint generated always as identity primary key, letter_id uuid not null references dead_letter (id), act text not null,
    actor text not null, reason text not null, verdict text not null, detail text, at timestamptz not null default now())`,
  `create index dead_letter_act_letter on dead_letter_act (letter_id)`,
  // T4: what was applied, in order; written in tests only, empty in production.
  `create table apply_journal (
    id bigint generated always as identity primary key, handler text not null, entity text not null, key text not null,
    revision bigint, sequence bigint, message_id uuid not null, origin text not null, at timestamptz not null default now())`,
];

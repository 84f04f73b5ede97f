import { AnnouncedAgain1796000000000, Flows1794000000000 } from '@steward/event-bus';
import type { MigrationInterface, QueryRunner } from 'typeorm';
import { KitEffectDoubt1799000001000, KitEffects1792000000000 } from '../effect/effect.migration';
import { KitEffectRetention1799000000000 } from '../effect/effect-retention.migration';
import { KitGuard1764100000000, KitToldCases1795000002000 } from '../guard/guard.migration';
import { KitBreakers1794000001000, KitRetryBudgets1798000000000 } from '../http/breaker.migration';
import { KitOwn1791000000000 } from '../own/own.migration';
import { KitRecords1799000002000 } from './record.migration';

/** The adapter's own tables. By hand: collations, fill factors and partial indexes are the point of them. */
export class KitTables1764000003000 implements MigrationInterface {
  readonly name = 'KitTables1764000003000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table held_change, hint, pass_seen, feed, announced');
    await runner.query('drop sequence read_no');
  }
}

const tables = [
  // O7: taken before every request to the source. A sequence, because it must grow over restarts and holders.
  'create sequence read_no',
  // What we said last. data null = tombstone, kept for its revision. The key's collation makes the snapshot's order the same
  // on every server; fillfactor, because nearly every write is an update of a key that is there.
  `create table announced (
    entity text not null, key text collate "C" not null, revision bigint not null, hash bytea not null, data json,
    read_no bigint not null, source_version bigint, message_id uuid not null, changed_at timestamptz not null,
    deleted_at timestamptz, primary key (entity, key)) with (fillfactor = 70)`,
  // For the guard: how much was deleted lately (X6). On a column of its own: an index that speaks of changed_at or data, be it in
  // its condition, keeps every update of a live row from being HOT (0 of 50,000 were; now all but a few).
  'create index announced_deleted on announced (entity, deleted_at) where deleted_at is not null',
  // Position of each feed; by vendor, because a cursor means nothing to another one.
  `create table feed (
    entity text not null, vendor text not null, revision_floor bigint not null default 0,
    cursor text, imported_at timestamptz, overlap_base text, complete_up_to timestamptz,
    pass_id uuid, pass_cursor text, pass_read_no bigint, pass_started_at timestamptz, pass_total bigint, pass_nameless integer,
    pass_read boolean not null default false, last_pass_at timestamptz,
    primary key (entity, vendor))`,
  `create table pass_seen (
    pass_id uuid not null, key text collate "C" not null,
    primary key (pass_id, key))`,
  // One row for each webhook request and entity, not for each key: a burst is one insert.
  `create table hint (
    id bigint generated always as identity primary key, entity text not null, keys text[] not null, marks text[], received_at timestamptz not null)`,
  // X6: what was not done, until its owner says so.
  `create table held_change (
    id uuid primary key default gen_random_uuid(), entity text not null, vendor text not null, kind text not null,
    count bigint not null, total bigint not null, sample json not null, detail text not null, owner json not null,
    state text not null default 'open', opened_at timestamptz not null, last_seen_at timestamptz not null,
    closed_at timestamptz, closed_by text, closed_reason text)`,
  `create unique index held_change_open on held_change (entity, vendor) where state in ('open', 'released')`,
];

export const kitMigrations = [KitTables1764000003000, KitGuard1764100000000, KitOwn1791000000000, KitEffects1792000000000, Flows1794000000000, KitBreakers1794000001000, KitToldCases1795000002000, AnnouncedAgain1796000000000, KitRetryBudgets1798000000000, KitEffectRetention1799000000000, KitEffectDoubt1799000001000, KitRecords1799000002000];

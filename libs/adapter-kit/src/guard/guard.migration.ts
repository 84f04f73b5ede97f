import { tellTable, untellTable } from '@steward/event-bus';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** X6 for changes: what they are compared with, what passed lately, and what is held. */
export class KitGuard1764100000000 implements MigrationInterface {
  readonly name = 'KitGuard1764100000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table held_change_act, held_item, suspicious_change');
    await runner.query(`delete from held_change where rule is not null`);
    await runner.query('drop index held_change_rule');
    await runner.query('alter table held_change drop column rule');
    await runner.query('alter table announced drop column base, drop column base_at');
  }
}

const tables = [
  // The guarded fields as they were before the changes since `base_at`. In no index, as everything that moves with an update.
  'alter table announced add column base json, add column base_at timestamptz',
  // null: deletions, which are found by full passes and are one case a feed.
  'alter table held_change add column rule text',
  'drop index held_change_open',
  `create unique index held_change_open on held_change (entity, vendor) where rule is null and state in ('open', 'released')`,
  // What comes while a released case is worked off is a case of its own: its owner has not seen it.
  `create unique index held_change_rule on held_change (entity, rule) where rule is not null and state = 'open'`,
  // I6
  `create table held_change_act (
    case_id uuid not null references held_change, act text not null, actor text not null, reason text not null, at timestamptz not null default now())`,
  // I5: a suspicious change that is not announced. A key has one at most: the newest.
  `create table held_item (
    entity text not null, key text collate "C" not null, case_id uuid not null references held_change, rule text not null,
    was text, becomes text not null, body json not null, read_no bigint not null, held_at timestamptz not null,
    released boolean not null default false, primary key (entity, key))`,
  'create index held_item_case on held_item (case_id)',
  // Keys whose suspicious change passed; those of the last hour count.
  `create table suspicious_change (
    entity text not null, rule text not null, key text collate "C" not null, at timestamptz not null, primary key (entity, rule, key))`,
];

/** Held changes are told as cases. */
export class KitToldCases1795000002000 implements MigrationInterface {
  readonly name = 'KitToldCases1795000002000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tellTable('held_change', 'case')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of untellTable('held_change')) await runner.query(statement);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was told of rows of this service's own tables, and the functions by which a table joins in (`tellTable`). */
export class ToldStates1795000000000 implements MigrationInterface {
  readonly name = 'ToldStates1795000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop function told_gone, told_wake, told_bump');
    await runner.query('drop table told');
  }
}

export const toldChannel = 'told';

const tables = [
  // As `announced` of an adapter: what was said last of each key. gone_version = the row is no more, and nobody was told yet.
  `create table told (
    entity text not null, key text collate "C" not null, revision bigint not null, hash bytea not null, data json, message_id uuid not null,
    changed_at timestamptz not null, deleted_at timestamptz, gone_version bigint, primary key (entity, key))`,
  'create index told_untold on told (entity) where gone_version is not null',
  'create index told_deleted on told (entity, deleted_at) where deleted_at is not null',
  `create function told_bump() returns trigger language plpgsql as $$
    begin new.version := old.version + 1; return new; end $$`,
  `create function told_wake() returns trigger language plpgsql as $$
    begin perform pg_notify('${toldChannel}', ''); return null; end $$`,
  // The revision of the deletion is above everything that was or could have been told of the row.
  `create function told_gone() returns trigger language plpgsql as $$
    begin
      update told set gone_version = old.version + 1 where entity = tg_argv[0] and key = old.id::text and gone_version is null and data is not null;
      if found then perform pg_notify('${toldChannel}', ''); end if;
      return null;
    end $$`,
];

/**
 * Turns a table with an `id` into a told one. A trigger increments the version with every update except the Teller's own mark, so no
 * writer, and no manual edit, can change a row without it being published. Existing rows are published too.
 */
export function tellTable(table: string, entity: string): string[] {
  return [
    `alter table ${table} add column version bigint not null default 1, add column told_version bigint not null default 0`,
    `create index ${table}_untold on ${table} (id) where told_version < version`,
    `create trigger ${table}_bump before update on ${table} for each row when (new.told_version is not distinct from old.told_version) execute function told_bump()`,
    // Notifications of a transaction with one content are one.
    `create trigger ${table}_wake after insert or update on ${table} for each row when (new.told_version < new.version) execute function told_wake()`,
    `create trigger ${table}_gone after delete on ${table} for each row execute function told_gone('${entity}')`,
  ];
}

export const untellTable = (table: string): string[] => [
  ...['bump', 'wake', 'gone'].map((what) => `drop trigger ${table}_${what} on ${table}`),
  `drop index ${table}_untold`,
  `alter table ${table} drop column version, drop column told_version`,
];

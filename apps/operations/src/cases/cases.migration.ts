import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Cases as told, and those that operations itself opens when the broker has lost something. */
export class DeskCases1796000002000 implements MigrationInterface {
  readonly name = 'DeskCases1796000002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table desk_case (
        case_id text collate "C" primary key,
        service text not null, kind text not null, entity text, key text,
        summary text not null, severity text not null,
        owner_team text not null, owner json not null,
        state text not null,
        opened_at timestamptz not null, last_seen_at timestamptz not null, respond_by timestamptz,
        closed_at timestamptz, closed_by text, closed_reason text,
        cause text, exposure json, counts json, detail json not null,
        told_deadline timestamptz
      ) with (fillfactor = 80)`);
    await runner.query('create index desk_case_page on desk_case (opened_at desc, case_id)');
    await runner.query(`create index desk_case_open on desk_case (respond_by) where state = 'open'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table desk_case');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Runbooks1764000000050 implements MigrationInterface {
  readonly name = 'Runbooks1764000000050';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table runbook_run (
        id uuid primary key,
        runbook text not null,
        owner text not null,
        params json not null,
        actor text not null,
        actor_name text not null,
        reason text not null,
        trace_id text not null,
        dry_run boolean not null,
        state text not null,
        state_by text not null,
        requested_at timestamptz not null default now(),
        finished_at timestamptz,
        next_at timestamptz not null default now()
      )`);
    await runner.query('create index runbook_run_page on runbook_run (runbook, requested_at desc, id)');
    await runner.query(`create index runbook_run_due on runbook_run (next_at) where next_at < 'infinity'`);
    // The plan of the click: a runbook that is changed while it runs does not change under it.
    await runner.query(`
      create table runbook_step (
        run_id uuid not null references runbook_run (id) on delete cascade,
        place int not null,
        step text not null,
        kind text not null,
        says text not null,
        run text not null,
        args json not null,
        undoes text,
        within_ms bigint not null,
        state text not null,
        detail text,
        result json,
        tries int not null default 0,
        resumed int not null default 0,
        started_at timestamptz,
        ended_at timestamptz,
        primary key (run_id, place)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table runbook_step, runbook_run');
  }
}

export const runbookMigrations = [Runbooks1764000000050];

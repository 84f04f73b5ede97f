import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Jobs1764000000040 implements MigrationInterface {
  readonly name = 'Jobs1764000000040';

  async up(runner: QueryRunner): Promise<void> {
    // Counters beside the members: a job over a million keys must not be counted anew after each of its batches.
    await runner.query(`
      create table job (
        id uuid primary key,
        kind text not null,
        name text not null,
        selection json not null,
        edit json,
        canary int not null,
        stop_after int not null,
        per_second int not null,
        four_eyes boolean not null,
        teams text[] not null,
        actor text not null,
        reason text not null,
        requested_at timestamptz not null default now(),
        approved_by text,
        approved_reason text,
        approved_at timestamptz,
        state text not null,
        state_reason text,
        state_by text,
        state_at timestamptz not null default now(),
        started_at timestamptz,
        finished_at timestamptz,
        frozen boolean not null,
        freeze_after json,
        batches int not null default 0,
        total int not null default 0,
        requested int not null default 0,
        sent int not null default 0,
        confirmed int not null default 0,
        failed int not null default 0,
        skipped int not null default 0,
        forgiven int not null default 0,
        next_at timestamptz not null,
        tries int not null default 0,
        trouble text
      )`);
    await runner.query(`create index job_due on job (next_at) where next_at < 'infinity'`);
    await runner.query('create index job_requested on job (requested_at desc, id)');
    // The membership of the click: nothing that fails later gets into a job that somebody has looked at.
    await runner.query(`
      create table job_member (
        job_id uuid not null references job (id) on delete cascade,
        place int not null,
        target text not null,
        entity text,
        item text not null,
        state text not null default 'requested',
        batch int,
        verdict text,
        detail text,
        revision bigint,
        at timestamptz,
        primary key (job_id, place)
      )`);
    await runner.query('create unique index job_member_once on job_member (job_id, target, entity, item) nulls not distinct');
    await runner.query(`create index job_member_waiting on job_member (job_id, state, place) where state in ('requested', 'sent', 'failed')`);
    await runner.query('create index job_member_item on job_member (item)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table job_member, job');
  }
}

export const jobMigrations = [Jobs1764000000040];

import type { MigrationInterface, QueryRunner } from 'typeorm';

export class RebuildsBeside1802000000000 implements MigrationInterface {
  readonly name = 'RebuildsBeside1802000000000';

  async up(runner: QueryRunner): Promise<void> {
    // Ended ones stay: who began, who ended it and why (I6).
    await runner.query(`create table rebuild_beside (
      id uuid primary key default gen_random_uuid(), actor text not null, reason text not null, requested_at timestamptz not null default now(), traceparent text,
      state text not null default 'filling' check (state in ('filling', 'ready', 'swapped', 'cancelled')), since timestamptz,
      tries integer not null default 0, problem text, retry_at timestamptz, worker uuid, worker_until timestamptz,
      wish_by text, wish_reason text, refusal text, compared json,
      ended_by text, ended_reason text, ended_at timestamptz, tidy boolean not null default false)`);
    // There is one second schema.
    await runner.query('create unique index rebuild_beside_open on rebuild_beside ((true)) where ended_at is null');
    await runner.query(`create table rebuild_beside_source (
      rebuild_id uuid not null references rebuild_beside (id), place integer not null, entity text not null, system text not null,
      cursor text collate "C", items bigint not null default 0, done boolean not null default false, primary key (rebuild_id, entity, system))`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table rebuild_beside_source, rebuild_beside');
  }
}

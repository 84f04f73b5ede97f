import type { MigrationInterface, QueryRunner } from 'typeorm';

export class Rebuilds1790000005000 implements MigrationInterface {
  readonly name = 'Rebuilds1790000005000';

  async up(runner: QueryRunner): Promise<void> {
    // Finished ones stay: they are acts of somebody with a reason (I6).
    await runner.query(`create table rebuild (
      id uuid primary key default gen_random_uuid(), entity text not null, system text not null, actor text not null, reason text not null,
      requested_at timestamptz not null default now(), traceparent text,
      cursor text collate "C", items bigint not null default 0, tries integer not null default 0, problem text, retry_at timestamptz,
      worker uuid, worker_until timestamptz, finished_at timestamptz)`);
    await runner.query('create unique index rebuild_open on rebuild (entity, system) where finished_at is null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table rebuild');
  }
}

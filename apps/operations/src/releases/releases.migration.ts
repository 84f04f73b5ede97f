import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was heard of processes, what was registered of builds, and what was decided of contract versions. */
export class ReleaseGate1799000001000 implements MigrationInterface {
  readonly name = 'ReleaseGate1799000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table release_heartbeat (
        service text not null, instance text not null, process text not null, release json not null, applied text[] not null,
        started_at timestamptz not null, seen_at timestamptz not null, ended_at timestamptz, primary key (service, instance)) with (fillfactor = 50)`);
    await runner.query(`
      create table release_registered (
        service text not null, version text not null, release json not null, actor text not null, reason text not null,
        at timestamptz not null default now(), primary key (service, version))`);
    // A rollback onto a newer schema is known to work only where the build was seen on it.
    await runner.query(`
      create table release_ran_on (
        service text not null, version text not null, applied text[] not null, first_seen_at timestamptz not null default now(),
        primary key (service, version, applied))`);
    await runner.query(`
      create table contract_act (
        id bigint generated always as identity primary key, entity text not null, major int not null,
        act text not null check (act in ('deprecate', 'retire')), until timestamptz, actor text not null, reason text not null, at timestamptz not null default now())`);
    await runner.query('create index contract_act_of on contract_act (entity, major, id desc)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table contract_act, release_ran_on, release_registered, release_heartbeat');
  }
}

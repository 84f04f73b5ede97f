import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Flows that somebody has paused, and who has paused and resumed what (I6). */
export class Flows1794000000000 implements MigrationInterface {
  readonly name = 'Flows1794000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table flow_pause (
      flow text primary key, since timestamptz not null default now(), actor text not null, reason text not null, resumes_at timestamptz)`);
    await runner.query(`create table flow_act (
      id bigint generated always as identity primary key, flow text not null, act text not null check (act in ('pause', 'resume')),
      actor text not null, reason text not null, resumes_at timestamptz, at timestamptz not null default now())`);
    await runner.query('create index flow_act_flow on flow_act (flow, id)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table flow_act, flow_pause');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** I6: who asked by hand for an erasure, took one back, or carried the list over a restore, and why. */
export class CrmErasureActs1793000001000 implements MigrationInterface {
  readonly name = 'CrmErasureActs1793000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table erasure_act (
      id bigint generated always as identity primary key, customer_id text collate "C" not null, act text not null,
      actor text not null, reason text not null, at timestamptz not null default now())`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table erasure_act');
  }
}

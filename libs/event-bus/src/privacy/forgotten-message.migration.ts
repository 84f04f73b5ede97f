import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Messages of ours that speak of a person who is erased, until the broker has them no more. */
export class ForgottenMessages1796000000000 implements MigrationInterface {
  readonly name = 'ForgottenMessages1796000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table forgotten_message (
        subject text primary key,
        type text not null,
        key text not null,
        asked_at timestamptz not null default now(),
        tried_at timestamptz
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table forgotten_message');
  }
}

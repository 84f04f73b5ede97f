import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who may find out whether a system is back, and what the last one found (ADR 0019). */
export class KitBreakers1794000001000 implements MigrationInterface {
  readonly name = 'KitBreakers1794000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create table breaker_probe (
      dependency text primary key, holder text not null, until timestamptz not null, worked_at timestamptz, failed_at timestamptz)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table breaker_probe');
  }
}

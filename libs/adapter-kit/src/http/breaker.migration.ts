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

/** Retries that a system may still cost (R1, ADR 0019). */
export class KitRetryBudgets1798000000000 implements MigrationInterface {
  readonly name = 'KitRetryBudgets1798000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table retry_budget (dependency text primary key, tokens float8 not null)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table retry_budget');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What was read of the source when it was announced, and by which version; null = not known (ADR 0027). In no index: updates stay HOT. */
export class KitRecords1799000002000 implements MigrationInterface {
  readonly name = 'KitRecords1799000002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table announced add column record_hash bytea, add column record_by text');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table announced drop column record_hash, drop column record_by');
  }
}

import { tellTable, untellTable } from '@steward/event-bus';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Drift is told as cases; it comes behind the tables of what is told. */
export class DriftTold1798000000000 implements MigrationInterface {
  readonly name = 'DriftTold1798000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tellTable('drift', 'case')) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const statement of untellTable('drift')) await runner.query(statement);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** States whose system of record is this service itself. */
export class KitOwn1791000000000 implements MigrationInterface {
  readonly name = 'KitOwn1791000000000';

  async up(runner: QueryRunner): Promise<void> {
    // A row says that the floor was asked for (ADR 0005): every revision of a key that is new to this database is above it.
    await runner.query('create table own_state (entity text primary key, revision_floor bigint not null)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table own_state');
  }
}

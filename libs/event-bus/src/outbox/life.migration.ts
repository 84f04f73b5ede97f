import type { MigrationInterface, QueryRunner } from 'typeorm';

/** ADR 0024: where this database has lived, and above which number it has given revisions and sequences since. */
export class DatabaseLives1799000000000 implements MigrationInterface {
  readonly name = 'DatabaseLives1799000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table database_life (
        id bigint generated always as identity primary key,
        place text not null,
        number_floor bigint not null,
        said_again boolean not null,
        began_at timestamptz not null default now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table database_life');
  }
}

/** Whether the floor of a life was held against what the streams have held. Lives of before were not, and go on. */
export class DatabaseLifeProofs1800000001000 implements MigrationInterface {
  readonly name = 'DatabaseLifeProofs1800000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table database_life add column proven boolean not null default true');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table database_life drop column proven');
  }
}

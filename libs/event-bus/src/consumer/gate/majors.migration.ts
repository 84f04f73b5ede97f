import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * In which major of its contract the text of a state is written, for each table of states that this service has. When this came every contract
 * had one major, so what is there is v1; so is what instances of before go on writing while they are rolled.
 */
export class StateMajors1800000000000 implements MigrationInterface {
  readonly name = 'StateMajors1800000000000';

  async up(runner: QueryRunner): Promise<void> {
    // A constant default is a note in the catalogue: no row is written.
    for (const table of await tablesOf(runner)) await runner.query(`alter table ${table} add column major smallint not null default 1`);
  }

  async down(runner: QueryRunner): Promise<void> {
    for (const table of await tablesOf(runner)) await runner.query(`alter table ${table} drop column major`);
  }
}

async function tablesOf(runner: QueryRunner): Promise<string[]> {
  const found = (await runner.query(`select name from unnest(array['announced', 'stored_part', 'told']) as t (name) where to_regclass(name) is not null`)) as { name: string }[];
  return found.map(({ name }) => name);
}

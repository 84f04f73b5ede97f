import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What one person wants done to a letter about money or stock, until a second one agrees. */
export class DeskWishes1796000004000 implements MigrationInterface {
  readonly name = 'DeskWishes1796000004000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table letter_wish (
        letter_id text not null, act text not null,
        actor text not null, actor_name text not null, reason text not null, at timestamptz not null default now(),
        primary key (letter_id, act)
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table letter_wish');
  }
}

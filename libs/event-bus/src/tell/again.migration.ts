import type { MigrationInterface, QueryRunner } from 'typeorm';

/** I6: who had what announced again, and why. */
export class AnnouncedAgain1796000000000 implements MigrationInterface {
  /** As databases of adapters know it, which had it first. */
  readonly name = 'KitAgain1796000000000';

  async up(runner: QueryRunner): Promise<void> {
    // `told`: what was answered, for whoever asks again under the same id.
    await runner.query(`create table announced_again (
      id bigint generated always as identity primary key, act_id text unique, entity text not null, origin text not null,
      actor text not null, reason text not null, keys text[] not null, told json not null, at timestamptz not null)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table announced_again');
  }
}

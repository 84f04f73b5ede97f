import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { Feature } from '../api/feature';

/**
 * What one person wants done to money or stock, until a second one agrees. `letter_wish`, which knew of letters alone, is left for the
 * release before this one; what is wanted while both run is wanted again.
 */
export class Wishes1796000005000 implements MigrationInterface {
  readonly name = 'Wishes1796000005000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table wish (
        subject text not null, act text not null, seen text not null,
        actor text not null, actor_name text not null, reason text not null, at timestamptz not null default now(),
        primary key (subject, act)
      )`);
    const [old] = (await runner.query(`select to_regclass('letter_wish') as found`)) as { found: string | null }[];
    if (typeof old?.found === 'string') await runner.query(`insert into wish (subject, act, seen, actor, actor_name, reason, at) select 'letter ' || letter_id, act, '', actor, actor_name, reason, at from letter_wish`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table wish');
  }
}

export const secondPersonFeature: Feature = { name: 'second person', migrations: [Wishes1796000005000], open: () => ({ routes: [] }) };

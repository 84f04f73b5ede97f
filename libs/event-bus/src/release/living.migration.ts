import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The processes of this service, as they say themselves: not all of them have the broker to say it there. */
export class LivingProcesses1799000000000 implements MigrationInterface {
  readonly name = 'LivingProcesses1799000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table living_process (
        instance text primary key, process text not null, release json not null,
        started_at timestamptz not null, seen_at timestamptz not null, ended_at timestamptz) with (fillfactor = 50)`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table living_process');
  }
}

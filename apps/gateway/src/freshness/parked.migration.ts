import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Keys of which an adapter holds an open letter: what is shown of them may be a state of the past. */
export class GatewayParked1798000000000 implements MigrationInterface {
  readonly name = 'GatewayParked1798000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table parked_key (letter_id text primary key, entity text not null, key text not null, parked_at timestamptz not null)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table parked_key');
  }
}

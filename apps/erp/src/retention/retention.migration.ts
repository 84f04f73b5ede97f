import { underRetention } from '@steward/event-bus';
import type { MigrationInterface, QueryRunner } from 'typeorm';

/** The ledger is append-only but for its retention. Rows come in the order of their time: a summary a page range finds the old ones. */
export class ReservationRetention1799000000000 implements MigrationInterface {
  readonly name = 'ReservationRetention1799000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create or replace function refuse_ledger_change() returns trigger language plpgsql as $$ begin
      if tg_op = 'DELETE' and ${underRetention} then return null; end if;
      raise exception 'reservation_ledger is append-only'; end $$`);
    await runner.query('create index reservation_ledger_age on reservation_ledger using brin (at) with (autosummarize = on)');
    await runner.query('create index leaving_age on leaving using brin (settled_at) with (autosummarize = on)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index leaving_age; drop index reservation_ledger_age');
    await runner.query(`create or replace function refuse_ledger_change() returns trigger language plpgsql as $$ begin raise exception 'reservation_ledger is append-only'; end $$`);
  }
}

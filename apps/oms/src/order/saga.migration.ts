import type { MigrationInterface, QueryRunner } from 'typeorm';
import { OmsErasures1796000001000 } from '../erasure/erasure.migration';

/** One row an order: its lock is what brings everything that happens to the order into one line. */
export class SagaTable1793000000000 implements MigrationInterface {
  readonly name = 'SagaTable1793000000000';

  async up(runner: QueryRunner): Promise<void> {
    // `data` null: the row was made to be locked, nothing is decided yet. fillfactor: each order is updated a dozen times.
    await runner.query(`
      create table saga (
        order_id text primary key,
        number text unique,
        step text not null,
        data json,
        version bigint not null,
        due_at timestamptz,
        traceparent text,
        created_at timestamptz not null,
        updated_at timestamptz not null
      ) with (fillfactor = 60)`);
    await runner.query('create index saga_due on saga (due_at) where due_at is not null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table saga');
  }
}

export const omsMigrations = [SagaTable1793000000000, OmsErasures1796000001000];

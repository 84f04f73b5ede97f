import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Who was erased, for orders that come to their end later, and which orders have forgotten them. Ids only. */
export class OmsErasures1796000001000 implements MigrationInterface {
  readonly name = 'OmsErasures1796000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table erased_customer (customer_id text primary key, erased_at timestamptz not null)');
    // `forgotten_version`: the version of the row in which nothing of the person was left. `to_forget`: something may have come since.
    await runner.query('alter table saga add column customer_id text, add column to_forget boolean not null default false, add column forgotten_version bigint');
    await runner.query(`update saga set customer_id = data #>> '{order,customerId}'`);
    await runner.query('create index saga_customer on saga (customer_id) where customer_id is not null');
    await runner.query('create index saga_to_forget on saga (order_id) where to_forget');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index saga_to_forget; drop index saga_customer');
    await runner.query('alter table saga drop column customer_id, drop column to_forget, drop column forgotten_version');
    await runner.query('drop table erased_customer');
  }
}

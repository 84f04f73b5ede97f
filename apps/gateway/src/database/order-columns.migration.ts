import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Whose an order is, and of which order a parcel or a return is, as columns that PostgreSQL keeps from the data. An index on an expression
 * of the data made every change of every state, product and price one that could not stay on its page (HOT): each wrote into all indexes.
 *
 * Rewrites the table under a lock, some seconds for a million states. Storefront reads go on from memory meanwhile, and messages wait.
 */
export class GatewayOrderColumns1803000000000 implements MigrationInterface {
  readonly name = 'GatewayOrderColumns1803000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index stored_part_order_of_customer, stored_part_of_order;
      alter table stored_part
        add column customer_id text generated always as (case when entity = 'order' then data ->> 'customerId' end) stored,
        add column placed_at text generated always as (case when entity = 'order' then data ->> 'placedAt' end) stored,
        add column order_id text generated always as (case when entity in ('fulfilment', 'order-return') then data ->> 'orderId' end) stored;
      create index stored_part_order_of_customer on stored_part (customer_id, placed_at, key) where customer_id is not null;
      create index stored_part_of_order on stored_part (order_id) where order_id is not null;
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      alter table stored_part drop column customer_id, drop column placed_at, drop column order_id;
      create index stored_part_order_of_customer on stored_part ((data ->> 'customerId'), (data ->> 'placedAt'), key) where entity = 'order';
      create index stored_part_of_order on stored_part ((data ->> 'orderId')) where entity in ('fulfilment', 'order-return');
    `);
  }
}

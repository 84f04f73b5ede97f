import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A customer's orders from the newest on, of both halves of order-list.ts. */
export class GatewayCustomerOrders1799000000000 implements MigrationInterface {
  readonly name = 'GatewayCustomerOrders1799000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create index accepted_order_of_customer on accepted_order (customer_id, order_id) where customer_id is not null;
      drop index accepted_order_customer;
      create index stored_part_order_of_customer on stored_part ((data ->> 'customerId'), key) where entity = 'order';
    `);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query(`
      drop index stored_part_order_of_customer;
      create index accepted_order_customer on accepted_order (customer_id, accepted_at) where customer_id is not null;
      drop index accepted_order_of_customer;
    `);
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** A customer's orders from the newest on, of the half of order-list.ts that the order service tells. */
export class GatewayCustomerOrders1799000000000 implements MigrationInterface {
  readonly name = 'GatewayCustomerOrders1799000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`create index stored_part_order_of_customer on stored_part ((data ->> 'customerId'), (data ->> 'placedAt'), key) where entity = 'order'`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index stored_part_order_of_customer');
  }
}

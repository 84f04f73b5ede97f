import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Parcels and returns of an order, and that a cancellation was asked for. */
export class GatewayAftersale1790000007000 implements MigrationInterface {
  readonly name = 'GatewayAftersale1790000007000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create index stored_part_of_order on stored_part ((data ->> 'orderId')) where entity in ('fulfilment', 'order-return');
      create table cancellation (
        order_id text primary key,
        requested_at timestamptz not null
      );
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table cancellation; drop index stored_part_of_order');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What shoppers have asked to be held for their carts; whether it is, the stored state of the stock service says. */
export class GatewayReservations1801000000000 implements MigrationInterface {
  readonly name = 'GatewayReservations1801000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table cart_reservation (
        reservation_id text primary key,
        customer_id text,
        token_salt bytea not null,
        token_hash bytea not null,
        lines json not null,
        expires_at timestamptz not null,
        -- The order that takes it over; another may once this one is rejected or cancelled.
        order_id text,
        released_at timestamptz
      );
      create index cart_reservation_customer on cart_reservation (customer_id) where customer_id is not null;
      create index cart_reservation_expiry on cart_reservation (expires_at);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table cart_reservation');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whether a reservation is a cart's. Instances of before make reservations of orders only, as the default says. */
export class CartReservations1801000000000 implements MigrationInterface {
  readonly name = 'CartReservations1801000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table reservation add column cart boolean not null default false');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('alter table reservation drop column cart');
  }
}

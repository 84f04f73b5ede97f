import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Whom the shop's own systems are told of orders: what each endpoint has not been told yet. */
export class GatewayWebhooks1790000008000 implements MigrationInterface {
  readonly name = 'GatewayWebhooks1790000008000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table webhook (
        endpoint text not null,
        order_id text not null,
        -- Of the message: the same however often it is tried, another one when there is more to tell.
        message_id uuid not null,
        body text,
        attempts integer not null default 0,
        next_at timestamptz not null,
        created_at timestamptz not null default now(),
        traceparent text,
        error text,
        -- Nobody is asked again until the order changes.
        given_up_at timestamptz,
        primary key (endpoint, order_id)
      );
      create index webhook_due on webhook (next_at) where given_up_at is null;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table webhook');
  }
}

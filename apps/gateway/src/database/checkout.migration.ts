import type { MigrationInterface, QueryRunner } from 'typeorm';

/** What the gateway itself decides: that a request was taken, once (S4), and which order came of it. */
export class GatewayCheckout1790000006000 implements MigrationInterface {
  readonly name = 'GatewayCheckout1790000006000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      -- Kept for ever. A key is a secret of whoever sends it, so only its hash is here.
      create table idempotency (
        identity text not null,
        operation text not null,
        key_hash text not null,
        request_hash text not null,
        resource_id text not null,
        -- Until then somebody is about to answer; later another may.
        answering_until timestamptz not null,
        status smallint,
        answer text,
        created_at timestamptz not null default now(),
        primary key (identity, operation, key_hash)
      );
      create index idempotency_resource on idempotency (resource_id);

      create table accepted_order (
        order_id text primary key,
        number text not null unique,
        customer_id text,
        token_salt bytea not null,
        token_hash bytea not null,
        accepted_at timestamptz not null,
        -- What is shown until the order service has answered.
        placed json
      );
      create index accepted_order_customer on accepted_order (customer_id, accepted_at) where customer_id is not null;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table accepted_order, idempotency');
  }
}

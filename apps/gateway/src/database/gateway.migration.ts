import type { MigrationInterface, QueryRunner } from 'typeorm';

/**
 * Read model of the storefront. `stored_part`, `dead_letter` and the other tables of the consumer come from the event bus.
 * Keys are compared bytewise (collate "C"): lock order and page order must not depend on the machine's locale.
 */
export class GatewayDocuments1790000000000 implements MigrationInterface {
  readonly name = 'GatewayDocuments1790000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table document (
        product_id text collate "C" primary key,
        revision bigint not null,
        visibility text not null check (visibility in ('listed', 'linked', 'hidden')),
        skus text[] not null,
        content json,
        content_revision bigint not null,
        content_changed_at timestamptz not null,
        availability json,
        composed_at timestamptz not null default now()
      ) with (fillfactor = 80);
      create index document_page on document (product_id) where visibility = 'listed';

      -- A SKU may for a moment stand in two products (it moves from one to the other), so the pair is the key.
      create table document_sku (
        sku text collate "C" not null,
        product_id text collate "C" not null,
        primary key (sku, product_id)
      );
      create index document_sku_product on document_sku (product_id);

      -- Holds no rows. Its table lock keeps "a SKU joins a product" and "the stock of a SKU changes" apart: SHARE and
      -- ROW EXCLUSIVE exclude each other but not themselves, so each side still runs in parallel with its own kind.
      create table document_gate (nothing boolean);

      create table dirty_document (
        product_id text collate "C" primary key,
        marked_at timestamptz not null default now()
      );

      -- xid8 makes reading it commit-safe: a reader goes up to the oldest transaction still running, never by id alone.
      create table document_change (
        id bigint generated always as identity primary key,
        transaction_id xid8 not null default pg_current_xact_id(),
        changed_at timestamptz not null default now(),
        product_ids text[] not null,
        revisions bigint[] not null
      );
      create index document_change_age on document_change (changed_at);

      create table feed_progress_claim (
        system text not null,
        entity text not null,
        complete_up_to timestamptz not null,
        stream text not null,
        epoch text not null,
        sequence bigint not null,
        claimed_at timestamptz not null default now(),
        primary key (system, entity, complete_up_to)
      );
      create table feed_progress (
        system text not null,
        entity text not null,
        applied_up_to timestamptz not null,
        primary key (system, entity)
      );

      -- The SKU of a stock-level key \`<sku>@<location>\`: what finds the levels of a SKU, and finds them for tombstones too.
      create function stock_sku(key text) returns text language sql immutable strict parallel safe
        return case when strpos(key, '@') = 0 then key else left(key, length(key) - strpos(reverse(key), '@')) end;
      create index stored_part_stock_sku on stored_part (stock_sku(key)) where entity = 'stock-level';
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      drop index stored_part_stock_sku; drop function stock_sku(text);
      drop table feed_progress, feed_progress_claim, document_change, dirty_document, document_gate, document_sku, document;
    `);
  }
}

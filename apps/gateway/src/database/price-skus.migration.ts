import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Which SKU each living entry of a price list prices: its key doesn't say, and a tombstone has no data that would. */
export class GatewayPriceSkus1790000002000 implements MigrationInterface {
  readonly name = 'GatewayPriceSkus1790000002000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      create table price_sku (
        price_id text collate "C" primary key,
        sku text collate "C" not null
      );
      create index price_sku_sku on price_sku (sku);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('drop table price_sku');
  }
}

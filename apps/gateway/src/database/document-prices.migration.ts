import type { MigrationInterface, QueryRunner } from 'typeorm';

/** C11: entries of price lists in the composed documents. Documents from before get theirs from the worker. */
export class GatewayDocumentPrices1790000003000 implements MigrationInterface {
  readonly name = 'GatewayDocumentPrices1790000003000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      alter table document add column prices json;
      insert into dirty_document (product_id) select product_id from document on conflict do nothing;
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query('alter table document drop column prices');
  }
}

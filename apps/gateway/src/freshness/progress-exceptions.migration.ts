import type { MigrationInterface, QueryRunner } from 'typeorm';

/** O8: the keys that a feed's progress does not speak for, as its owner claimed them and as they hold now. */
export class GatewayProgressExceptions1790000001000 implements MigrationInterface {
  readonly name = 'GatewayProgressExceptions1790000001000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      alter table feed_progress_claim add column except_keys text[] not null default '{}';
      alter table feed_progress add column except_keys text[] not null default '{}';
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      alter table feed_progress drop column except_keys;
      alter table feed_progress_claim drop column except_keys;
    `);
  }
}

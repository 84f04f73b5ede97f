import type { MigrationInterface, QueryRunner } from 'typeorm';

/** O8: claims that except more keys than one message takes come in parts. */
export class GatewayProgressParts1800000000000 implements MigrationInterface {
  readonly name = 'GatewayProgressParts1800000000000';

  async up(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      alter table feed_progress_claim add column part integer not null default 1, add column parts integer not null default 1,
        drop constraint feed_progress_claim_pkey, add primary key (system, entity, complete_up_to, part);
    `);
  }

  async down(queryRunner: QueryRunner): Promise<void> {
    await queryRunner.query(`
      delete from feed_progress_claim where parts > 1;
      alter table feed_progress_claim drop constraint feed_progress_claim_pkey, drop column part, drop column parts, add primary key (system, entity, complete_up_to);
    `);
  }
}

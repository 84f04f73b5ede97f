import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Effects that are settled long ago keep their key and lose their content. */
export class KitEffectRetention1799000000000 implements MigrationInterface {
  readonly name = 'KitEffectRetention1799000000000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('alter table effect add column emptied_at timestamptz');
    // What is emptied is in no index but the key's.
    await runner.query('create index effect_full on effect (settled_at) where settled_at is not null and emptied_at is null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop index effect_full');
    await runner.query('alter table effect drop column emptied_at');
  }
}

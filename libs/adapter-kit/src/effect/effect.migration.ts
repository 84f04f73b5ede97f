import type { MigrationInterface, QueryRunner } from 'typeorm';

/** ADR 0024: since when, and how long, an effect that is new here may have happened before. */
export class KitEffectDoubt1799000001000 implements MigrationInterface {
  readonly name = 'KitEffectDoubt1799000001000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query('create table effect_doubt (since timestamptz primary key, until timestamptz not null)');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table effect_doubt');
  }
}

/** Writes to a system of record (ADR 0018). */
export class KitEffects1792000000000 implements MigrationInterface {
  readonly name = 'KitEffects1792000000000';

  async up(runner: QueryRunner): Promise<void> {
    // Kept for ever: the primary key is what makes an effect happen once.
    await runner.query(`
      create table effect (
        kind text not null,
        key text collate "C" not null,
        request json not null,
        state text not null default 'intended' check (state in ('intended', 'submitted', 'pending', 'unknown', 'confirmed', 'refused')),
        attempts integer not null default 0,
        failures integer not null default 0,
        next_at timestamptz not null,
        claim bigint not null default 0,
        claimed_until timestamptz,
        touched boolean not null default false,
        submitted_at timestamptz,
        abandoned_at timestamptz,
        answer json,
        error json,
        traceparent text,
        correlation_id text,
        created_at timestamptz not null default now(),
        settled_at timestamptz,
        primary key (kind, key))`);
    await runner.query('create index effect_due on effect (kind, next_at) where settled_at is null');
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table effect');
  }
}

import type { MigrationInterface, QueryRunner } from 'typeorm';
import type { Feature } from '../api/feature';
import { refundRoutes } from './refunds.routes';

/** Refunds that were sent to their owner. Kept for ever: the same id must not pay twice, however late it is asked again. No words of people lie here: those are in the audit. */
export class Refunds1799000002000 implements MigrationInterface {
  readonly name = 'Refunds1799000002000';

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`
      create table refund (
        refund_id text collate "C" primary key,
        order_id text not null, amount bigint not null check (amount > 0), currency text not null,
        sent_at timestamptz not null default now()
      )`);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table refund');
  }
}

export const refundsFeature: Feature = { name: 'refunds', migrations: [Refunds1799000002000], open: (parts) => ({ routes: refundRoutes(parts) }) };

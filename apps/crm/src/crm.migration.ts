import type { MigrationInterface, QueryRunner } from 'typeorm';
import { CrmErasureActs1793000001000 } from './erasure/erasure-acts.migration';

/** What this service keeps besides what every adapter keeps. */
class CrmTables1793000000000 implements MigrationInterface {
  readonly name = 'CrmTables1793000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table customer_case, erasure, customer_write');
  }
}

const tables = [
  // What waits for the CRM, one behind the other for each customer; a row goes with the outcome of its effect.
  `create table customer_write (
    place bigint generated always as identity primary key, customer_id text collate "C" not null, kind text not null, effect_key text not null,
    request json not null, correlation_id text, traceparent text, intended boolean not null default false, unique (kind, effect_key))`,
  'create index customer_write_turn on customer_write (customer_id, place)',
  // Who is to be forgotten, and was. Ids that mean nothing outside, and nothing personal: it is kept for ever, and carried over a restore.
  `create table erasure (
    customer_id text collate "C" primary key, requested_at timestamptz not null, requested_by text not null,
    times integer not null default 1, erased_at timestamptz)`,
  // What the Customers team decides on, once for ever: two people of one address are asked about one time only.
  `create table customer_case (
    id uuid primary key default gen_random_uuid(), kind text not null, customer_id text not null, other text not null,
    detail text not null, owner json not null, state text not null default 'open', opened_at timestamptz not null,
    closed_at timestamptz, closed_by text, closed_reason text, unique (kind, customer_id, other))`,
  `create index customer_case_open on customer_case (kind) where state = 'open'`,
];

export const crmMigrations = [CrmTables1793000000000, CrmErasureActs1793000001000];

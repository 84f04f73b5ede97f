import type { MigrationInterface, QueryRunner } from 'typeorm';

/** Where the checks are, what they look at again, and what they found. A killed process goes on from these rows. */
export class ReconciliationTables1795000000000 implements MigrationInterface {
  readonly name = 'ReconciliationTables1795000000000';

  async up(runner: QueryRunner): Promise<void> {
    for (const statement of tables) await runner.query(statement);
  }

  async down(runner: QueryRunner): Promise<void> {
    await runner.query('drop table price_said, drift_act, drift, source_seen, suspect, check_run, check_state');
  }
}

const tables = [
  // `cursor`: how far the comparing of this run has come. `due_at`: when somebody has to go on with it, whatever its phase.
  `create table check_state (
    name text primary key, phase text not null default 'idle', due_at timestamptz not null, run_id uuid, cursor json, failures int not null default 0,
    last_started_at timestamptz, last_finished_at timestamptz, match_ratio float8)`,
  // One run: of everything the check compares, or of the keys that somebody asked for.
  `create table check_run (
    id uuid primary key default gen_random_uuid(), group_id uuid, name text not null, state text not null default 'asked', keys text[], dry_run boolean not null default false,
    actor text not null, reason text not null, asked_at timestamptz not null, started_at timestamptz, finished_at timestamptz,
    compared bigint not null default 0, found bigint not null default 0, problem text)`,
  `create index check_run_asked on check_run (name, asked_at) where state = 'asked'`,
  'create index check_run_group on check_run (group_id) where group_id is not null',
  'create index check_run_finished on check_run (finished_at) where finished_at is not null',
  // X2: seen once, to be looked at again. `first` is what both ends said then.
  `create table suspect (
    name text not null, key text collate "C" not null, first json not null, looks int not null default 1, look_at timestamptz not null,
    primary key (name, key))`,
  // What the pages of a source have shown in this run. Unlogged: after a crash it is empty, and the keys are read one by one instead.
  'create unlogged table source_seen (name text not null, key text collate "C" not null, primary key (name, key))',
  `create table drift (
    id uuid primary key default gen_random_uuid(), name text not null, entity text not null, key text not null, kind text not null, cause text not null,
    state text not null default 'open', fields json not null, left_side json not null, right_side json not null, authority text not null,
    evidence json not null, exposure json, letter json, owner json not null, policy text not null, content_hash text not null,
    repairs int not null default 0, repair_asked_at timestamptz, opened_at timestamptz not null, last_seen_at timestamptz not null,
    respond_by timestamptz, closed_at timestamptz, closed_by text, closed_reason text)`,
  `create unique index drift_open on drift (name, key) where state = 'open'`,
  'create index drift_closed on drift (closed_at) where closed_at is not null',
  // I6
  `create table drift_act (
    id bigint generated always as identity primary key, drift_id uuid not null references drift on delete cascade, act text not null,
    actor text not null, reason text not null, detail text, at timestamptz not null)`,
  'create index drift_act_drift on drift_act (drift_id)',
  // Every amount that an entry of a price list was ever said to have: a line of an order names the entry and its revision.
  `create table price_said (
    price_id text collate "C" not null, revision bigint not null, sku text not null, currency text not null, amount bigint not null,
    said_at timestamptz not null, primary key (price_id, revision))`,
  'create index price_said_sku on price_said (sku)',
];

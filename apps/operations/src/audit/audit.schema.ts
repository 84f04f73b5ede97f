/**
 * The tables of the audit, apart from all others because of who may do what with them. Invariants:
 *   1. The role that the process runs with has SELECT and INSERT, and nothing else: what it wrote it can not take back.
 *   2. They belong to a role whose password the running process needs only here. Where there is none (development), the process makes them
 *      itself and takes the rights from itself; a trigger stops whoever has them anyway, a superuser included.
 *   3. Every statement can be repeated, by several replicas too.
 */
import { StewardError, type Database } from '@steward/platform';
import { Client, escapeIdentifier } from 'pg';

const LOCK = 0x61756474;

const TABLES = `
  create schema if not exists audit;
  create table if not exists audit.entry (
    -- A chain an owner: the acts of one team can be handed to it, and a busy team does not hold up another.
    owner text not null,
    sequence bigint not null,
    at timestamptz not null,
    actor text not null,
    actor_name text not null,
    act text not null,
    subject text not null,
    outcome text not null check (outcome in ('done', 'asked', 'failed', 'denied')),
    reason text,
    before text,
    after text,
    trace_id text not null,
    previous text not null,
    hash text not null,
    primary key (owner, sequence)
  );
  create index if not exists entry_page on audit.entry (at desc, owner, sequence);
  create table if not exists audit.anchor (
    owner text not null,
    sequence bigint not null,
    hash text not null,
    at timestamptz not null default clock_timestamp(),
    primary key (owner, sequence)
  );
  create or replace function audit.refuse() returns trigger language plpgsql as $$ begin raise exception 'the audit is append-only'; end $$;
  create or replace trigger append_only before update or delete or truncate on audit.entry for each statement execute function audit.refuse();
  create or replace trigger append_only before update or delete or truncate on audit.anchor for each statement execute function audit.refuse();
`;

/** `ownerUrl`: of the role that owns the audit; without it the process's own. */
export async function openAudit(database: Pick<Database, 'query'>, url: string, ownerUrl: string | undefined): Promise<void> {
  const [runtime] = await database.query<{ role: string }>('select current_user as role');
  if (runtime === undefined) throw new StewardError('DATABASE_UNAVAILABLE', 'asking for the role');
  const owner = new Client({ connectionString: ownerUrl ?? url, application_name: 'operations audit' });
  await owner.connect();
  try {
    const role = escapeIdentifier(runtime.role);
    await owner.query('begin');
    await owner.query('select pg_advisory_xact_lock($1)', [LOCK]);
    await owner.query(TABLES);
    await owner.query(`grant usage on schema audit to ${role}; revoke all on audit.entry, audit.anchor from public, ${role}; grant select, insert on audit.entry, audit.anchor to ${role}`);
    await owner.query('commit');
  } finally {
    await owner.end();
  }
}

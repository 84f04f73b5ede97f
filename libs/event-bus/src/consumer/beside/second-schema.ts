/**
 * The schema in which a read model is made anew beside the live one (ADR 0029).
 * 1. Every table of the database has an empty twin in it, those included that no rebuild is about: whatever a projection writes in there
 *    lands in a twin, so an order is not accepted twice and no webhook is sent.
 * 2. Nobody hears of it: `pg_notify` has a twin too, which does nothing.
 * 3. A transaction in it holds its tables, so that it can't be dropped under its feet: unqualified names would then mean the live ones.
 * 4. It is alike as long as it has every column of the live schema. A migration that came meanwhile ends it, and filling begins anew.
 */
import { type Database, together } from '@steward/platform';
import type { PoolClient } from 'pg';

export const SECOND = 'beside';

type Query = Pick<PoolClient, 'query'>;

export async function makeSecond(database: Pick<Database, 'transaction'>): Promise<void> {
  await database.transaction(async (tx) => {
    await dropIn(tx);
    await tx.query(`create schema ${SECOND}`);
    const { rows } = await tx.query<{ make: string }>(
      `select format('create table ${SECOND}.%I (like public.%I including all)', tablename, tablename) as make from pg_tables where schemaname = 'public' order by tablename`);
    for (const { make } of rows) await tx.query(make);
    await tx.query(`create function ${SECOND}.pg_notify(text, text) returns void language sql as ''`);
  });
}

export async function dropSecond(database: Pick<Database, 'transaction'>): Promise<void> {
  await database.transaction(dropIn);
}

async function dropIn(tx: Query): Promise<void> {
  await tx.query(`set local client_min_messages = warning`);
  await tx.query(`drop schema if exists ${SECOND} cascade`);
}

/** It was filled in one go: what is compared next must not wait for the autovacuum to know how much there is. */
export async function analyzeSecond(database: Pick<Database, 'query'>): Promise<void> {
  const tables = await database.query<{ analyze: string }>(`select format('analyze ${SECOND}.%I', tablename) as analyze from pg_tables where schemaname = '${SECOND}'`);
  for (const { analyze } of tables) await database.query(analyze);
}

export async function isAlike(database: Pick<Database, 'query'>): Promise<boolean> {
  const [row] = await database.query<{ alike: boolean }>({
    name: 'steward_beside_alike',
    text: `
      with columns as (
        select n.nspname, c.relname, a.attname, a.atttypid from pg_attribute a join pg_class c on c.oid = a.attrelid join pg_namespace n on n.oid = c.relnamespace
        where n.nspname in ('public', '${SECOND}') and c.relkind = 'r' and a.attnum > 0 and not a.attisdropped
      )
      select to_regclass('${SECOND}.stored_part') is not null and not exists (
        select relname, attname, atttypid from columns where nspname = 'public' except select relname, attname, atttypid from columns where nspname = '${SECOND}'
      ) as alike`,
  });
  return row?.alike === true;
}

/** The same database, seen from the second schema; functions are those of the live one. Only what is named here is there. */
export function inSecond(database: Database): Database {
  const transaction: Database['transaction'] = (work) =>
    database.transaction(async (tx) => {
      // Named last, pg_catalog is searched last: pg_notify is the twin.
      await together([tx.query(`set local search_path to ${SECOND}, public, pg_catalog`), tx.query(`lock table ${SECOND}.stored_part in access share mode`)]);
      return work(tx);
    });
  const query: Database['query'] = (statement, values = []) =>
    transaction(async (tx) => (await tx.query({ ...(typeof statement === 'string' ? { text: statement } : statement), values: [...values] })).rows);
  return { transaction, query } as Pick<Database, 'transaction' | 'query'> as Database;
}

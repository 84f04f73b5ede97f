/** What was told, for whoever asks again: snapshots, a lost stream, the relay, an owner's announcement out of turn. */
import { type Contract, subjectOf, typeOf } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { EpochChange } from '../outbox/relay/adopt-epoch';
import { outboxInsert } from '../outbox/outbox-insert';
import type { Told } from './define-told';
import { toldChannel } from './told.migration';

type Query = Pick<Database, 'query'>;

export interface SnapshotRow {
  key: string;
  revision: number;
  message_id: string;
  /** null = a tombstone. */
  data: string | null;
  changed_at: Date;
  major: number;
}

/** What is said, tombstones included: whoever rebuilds a read model must learn of deletions too. */
export interface SnapshotRows {
  /** In the order of keys by bytes, those after `after`. */
  readonly page: (database: Query, entity: string, after: string | null, limit: number) => Promise<SnapshotRow[]>;
  readonly count: (database: Query, entity: string) => Promise<number>;
}

export const snapshotOf = (table: 'told' | 'announced'): SnapshotRows => ({
  page: (database, entity, after, limit) =>
    database.query<SnapshotRow & Record<string, unknown>>(
      { name: `${table}-snapshot`, text: `select key, revision, message_id, data::text, changed_at, major from ${table} where entity = $1 and key > $2 order by key limit $3` },
      [entity, after ?? '', limit],
    ),
  count: async (database, entity) => {
    const [row] = await database.query<{ count: number }>({ name: `${table}-snapshot-count`, text: `select count(*)::float8 as count from ${table} where entity = $1` }, [entity]);
    return row?.count ?? 0;
  },
});

export const toldSnapshotRows = snapshotOf('told');

/** B12: pending states, of all or of these rows, that are older than what was told of their key since; returns their ids. */
export async function withdrawTold(database: Query, ids?: readonly string[]): Promise<readonly string[]> {
  const rows = await database.query<{ id: string }>(
    `update outbox o set published_at = now() from told t
      where o.published_at is null and o.kind = 'state' and t.entity = o.entity and t.key = o.key and t.revision > o.revision
        and ($1::bigint[] is null or o.id = any($1::bigint[])) returning o.id::text`,
    [ids ?? null],
  );
  return rows.map(({ id }) => id);
}

/** Of a row that holds what was said, as an expression: text is said again in the major in which it is written, and a tombstone in the one that is said today. */
export const saidIn = (row: string, today: string): string => `case when ${row}.data is null then ${today}::smallint else ${row}.major end`;

/** Keys, types and subjects under which rows are said again. */
export function addressesOf(contract: Contract, system: string, rows: readonly { readonly key: string; readonly major: number }[]): [string[], string[], string[]] {
  const said = rows.map(({ key, major }) => ({ key, contract: { ...contract, major } }));
  return [said.map(({ key }) => key), said.map((each) => typeOf(each.contract, system)), said.map((each) => subjectOf(each.contract, system, each.key))];
}

const rebuildPage = 2_000;

/** B10, in the relay's transaction: what a lost stream held and the outbox no longer has is told again, with the ids and revisions it had. */
export async function rebuildTold(tx: PoolClient, service: string, told: readonly Told[], change: EpochChange): Promise<void> {
  const lost = told.filter(({ contract }) => change.types.includes(typeOf(contract, service)));
  if (lost.length === 0) return;
  // What would be told meanwhile is told after it, or the past would come behind it.
  await tx.query('lock table told in share mode');
  for (const { contract } of lost) await tellAgain(tx, service, contract, change.to);
}

async function tellAgain(tx: PoolClient, service: string, contract: Contract, epoch: string): Promise<void> {
  await tx.query(
    `update outbox o set published_at = now() from told t
      where o.published_at is null and o.lane = 1 and o.kind = 'state' and o.entity = $1 and t.entity = o.entity and t.key = o.key and t.revision > o.revision`,
    [contract.entity],
  );
  const { rows } = await tx.query<{ key: string; major: number }>(
    `select t.key, ${saidIn('t', '$2')} as major from told t where t.entity = $1
      and not exists (select from outbox o where o.kind = 'state' and o.entity = $1 and o.key = t.key and o.revision = t.revision and o.published_at is null)`,
    [contract.entity, contract.major],
  );
  for (let from = 0; from < rows.length; from += rebuildPage) {
    const page = rows.slice(from, from + rebuildPage);
    await tx.query(
      `${outboxInsert}
        select t.message_id, t.entity, t.key, 'state', u.type, u.subject, 1, t.revision, null, t.changed_at, 'republish', null, null, null, t.data is null, coalesce(t.data::text, '')
        from unnest($2::text[], $3::text[], $4::text[]) as u(key, type, subject) join told t on t.entity = $1 and t.key = u.key`,
      [contract.entity, ...addressesOf(contract, service, page)],
    );
  }
  // The duplicate id has to carry the new epoch, else a surviving duplicate window swallows the message.
  await tx.query(`update outbox set epoch = $2 where kind = 'state' and entity = $1 and published_at is null and lane = 1 and epoch is distinct from $2`, [contract.entity, epoch]);
}

/**
 * X3: has these rows published under a new revision though nothing has changed, and rows that no longer exist as deleted; a consumer that
 * missed a deletion can hear of it as long as the tombstone is kept.
 */
export async function touchTold(tx: Pick<PoolClient, 'query'>, { table, contract }: Told, keys: readonly string[]): Promise<void> {
  await tx.query(`update ${table} set version = version where id::text = any($1::text[])`, [keys]);
  // What is gone and not told yet is told in a moment anyway.
  await tx.query(
    `with gone as (
        select key from told t where entity = $1 and key = any($2::text[]) and data is null and gone_version is null
          and not exists (select from ${table} where id::text = t.key) order by key for update
      ), touched as (update told t set gone_version = revision + 1 from gone where t.entity = $1 and t.key = gone.key returning t.key)
      select pg_notify('${toldChannel}', '') where exists (select from touched)`,
    [contract.entity, keys],
  );
}

/** By key, the revision under which it is told next once it is touched; `touched` = it has been. A key that nobody remembers is not among them. */
export async function nextTold(tx: Pick<PoolClient, 'query'>, { table, contract }: Told, keys: readonly string[], touched: boolean): Promise<ReadonlyMap<string, number>> {
  const { rows } = await tx.query<{ key: string; revision: number }>(
    `select id::text as key, (version + $3::int)::float8 as revision from ${table} where id::text = any($2::text[])
      union all
      select key, coalesce(gone_version, revision + 1)::float8 from told t where entity = $1 and key = any($2::text[]) and (data is null or gone_version is not null)
        and not exists (select from ${table} where id::text = t.key)`,
    [contract.entity, keys, touched ? 0 : 1],
  );
  return new Map(rows.map(({ key, revision }) => [key, revision]));
}

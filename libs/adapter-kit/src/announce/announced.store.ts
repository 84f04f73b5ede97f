/** What this adapter has said, as others ask for it: snapshots, full passes, a lost stream. */
import type { Contract } from '@steward/contracts';
import { addressesOf, lanes, outboxInsert, saidIn, snapshotOf } from '@steward/event-bus';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';

type Query = Pick<Database, 'query'>;

export const snapshotRows = snapshotOf('announced');

export async function countAlive(database: Query, entity: string): Promise<number> {
  const [row] = await database.query<{ count: number }>('select count(*) as count from announced where entity = $1 and data is not null', [entity]);
  return row?.count ?? 0;
}

/** Deletions since that time: the guard looks at what happened in all ways together (X6). */
export async function countDeletedSince(database: Query, entity: string, since: Date): Promise<number> {
  const [row] = await database.query<{ count: number }>('select count(*) as count from announced where entity = $1 and deleted_at > $2', [entity, since]);
  return row?.count ?? 0;
}

/** Announced keys that a complete pass did not show and nobody has read since it began (O7). */
export async function missingIn(database: Query, entity: string, passId: string, passReadNo: number): Promise<string[]> {
  const rows = await database.query<{ key: string }>(
    `select key from announced a where entity = $1 and data is not null and read_no < $3
      and not exists (select from pass_seen s where s.pass_id = $2 and s.key = a.key) order by key`,
    [entity, passId, passReadNo],
  );
  return rows.map(({ key }) => key);
}

/** How many keys a pass accounts for: those it showed, and those that came behind its back while it ran. */
export async function accountedBy(database: Query, entity: string, passId: string, passReadNo: number): Promise<number> {
  const [row] = await database.query<{ count: number }>(
    `select (select count(*) from pass_seen where pass_id = $2)
      + (select count(*) from announced a where entity = $1 and data is not null and read_no >= $3
          and not exists (select from pass_seen s where s.pass_id = $2 and s.key = a.key)) as count`,
    [entity, passId, passReadNo],
  );
  return row?.count ?? 0;
}

/** Which of these keys are announced and alive. */
export async function aliveAmong(database: Query, entity: string, keys: readonly string[]): Promise<string[]> {
  const rows = await database.query<{ key: string }>({ name: 'kit-alive', text: 'select key from announced where entity = $1 and key = any($2::text[]) and data is not null' }, [entity, keys]);
  return rows.map(({ key }) => key);
}

/**
 * A few keys that the source should know, none of the given ones: an answer that lacks these too is no proof of anything.
 * By chance, because the neighbours of what was deleted are often deleted too.
 */
export async function witnesses(database: Query, entity: string, besides: readonly string[], count: number): Promise<string[]> {
  const from = async (source: string): Promise<string[]> => {
    const rows = await database.query<{ key: string }>(
      `select key from (select key from ${source} where entity = $1 and data is not null and key <> all($2::text[]) limit 5000) candidate order by random() limit $3`,
      [entity, besides, count],
    );
    return rows.map(({ key }) => key);
  };
  // A hundredth of the table's pages; when that gives too few, the table is small enough to be looked at whole.
  const sampled = await from('announced tablesample system (1)');
  return sampled.length === count ? sampled : from('announced');
}

/**
 * State streams keep the newest message of a key by arrival (B12): an old row that is published after a newer one would replace
 * it. So whatever goes out through the live lane first withdraws what still waits in the backfill lane for the same keys.
 */
export async function withdrawBackfill(tx: PoolClient, { entity }: Contract, keys: readonly string[]): Promise<boolean> {
  const { rows } = await tx.query<{ left: boolean }>({
    name: 'kit-withdraw-backfill',
    text: `with withdrawn as (
        update outbox o set published_at = now() from announced a
        where o.published_at is null and o.lane = 1 and o.kind = 'state' and o.entity = $1 and o.key = any($2::text[])
          and a.entity = o.entity and a.key = o.key and a.revision > o.revision)
      select exists (select from outbox where published_at is null and lane = 1) as left`,
    values: [entity, keys],
  });
  return rows[0]?.left ?? false;
}

/** Announcing waits until this transaction is over: a change committed meanwhile would be published first and then be overwritten by its own past. */
export async function lockAnnouncing(tx: PoolClient): Promise<void> {
  await tx.query('lock table announced in share mode');
}

/**
 * Of all entities and in all lanes, what was said anew since (B12): for the relay, when it can't be sure of the order in which rows
 * went out, of all that is pending or of a few rows. Returns the ids of what it took back.
 */
export async function withdrawSuperseded(database: Query, ids?: readonly string[]): Promise<readonly string[]> {
  const text = `update outbox o set published_at = now() from announced a
    where o.published_at is null and o.kind = 'state' and a.entity = o.entity and a.key = o.key and a.revision > o.revision`;
  // By lane, because the pending index begins with it.
  const few = `${text} and o.lane in (${lanes.live}, ${lanes.backfill}) and o.id = any($1::bigint[]) returning o.id::text`;
  const rows = ids === undefined ? await database.query<{ id: string }>(`${text} returning o.id::text`) : await database.query<{ id: string }>({ name: 'kit-withdraw-late', text: few }, [ids]);
  return rows.map(({ id }) => id);
}

/**
 * B10: writes again what a lost stream held and the outbox no longer has, with the ids and revisions it has, through the
 * backfill lane, so that live changes don't wait behind it. Needs lockAnnouncing. `epoch` null: the stream is whole.
 */
export async function rebuildStream(tx: PoolClient, contract: Contract, system: string, epoch: string | null): Promise<number> {
  const { entity, major } = contract;
  await tx.query(
    `update outbox o set published_at = now() from announced a
      where o.published_at is null and o.lane = 1 and o.kind = 'state' and o.entity = $1 and a.entity = o.entity and a.key = o.key and a.revision > o.revision`,
    [entity],
  );
  const { rows } = await tx.query<{ key: string; major: number }>(
    `select a.key, ${saidIn('a', '$2')} as major from announced a where a.entity = $1
      and not exists (select from outbox o where o.kind = 'state' and o.entity = $1 and o.key = a.key and o.revision = a.revision and o.published_at is null)`,
    [entity, major],
  );
  for (let from = 0; from < rows.length; from += rebuildPage) {
    await tx.query({
      name: 'kit-rebuild',
      text: `with again as (
          ${outboxInsert}
          select a.message_id, a.entity, a.key, 'state', u.type, u.subject, 1, a.revision, null, a.changed_at, 'republish', null, null, null, a.data is null, coalesce(a.data::text, '')
          from unnest($2::text[], $3::text[], $4::text[]) as u(key, type, subject) join announced a on a.entity = $1 and a.key = u.key)
        select 1`,
      values: [entity, ...addressesOf(contract, system, rows.slice(from, from + rebuildPage))],
    });
  }
  // The duplicate id has to carry the new epoch, else a surviving duplicate window swallows the message.
  await tx.query(`update outbox set epoch = $2 where kind = 'state' and entity = $1 and published_at is null and lane = 1 and epoch is distinct from $2`, [entity, epoch]);
  return rows.length;
}

const rebuildPage = 2_000;

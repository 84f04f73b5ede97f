/**
 * Rebuilds beside the live model, as rows of the consumer's own database: one at a time, kept for who asked, who ended it and why (I6).
 * 1. A worker holds it for a time. Two that hold it at once do no harm: the gate of the second schema knows what came already, and the swap
 *    locks the row.
 * 2. What is wished is a row as well: whoever comes after a killed worker does it.
 */
import type { BesideComparison, BesideStanding } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';

type Query = Pick<Database, 'query'>;

export interface BesideAct {
  readonly actor: string;
  readonly reason: string;
}

export interface Source {
  readonly entity: string;
  readonly system: string;
}

export interface ClaimedBeside {
  readonly id: string;
  readonly state: BesideStanding['state'];
  /** What was applied from then on came meanwhile; null until there is a second schema. */
  readonly since: Date | null;
  readonly traceparent: string | null;
}

const heldForSeconds = 30;

/** Starts a second model; one that is already open continues unchanged. */
export async function beginBeside(database: Pick<Database, 'transaction'>, sources: readonly Source[], { actor, reason }: BesideAct): Promise<boolean> {
  if (actor.trim() === '' || reason.trim() === '') throw new TypeError('a rebuild needs an actor and a reason (I6)');
  return database.transaction(async (tx) => {
    const { rows } = await tx.query<{ id: string }>('insert into rebuild_beside (actor, reason) values ($1, $2) on conflict ((true)) where ended_at is null do nothing returning id', [actor, reason]);
    if (rows[0] === undefined) return false;
    await tx.query(
      `insert into rebuild_beside_source (rebuild_id, place, entity, system) select $1, place, entity, system from unnest($2::text[], $3::text[]) with ordinality as u(entity, system, place)`,
      [rows[0].id, sources.map(({ entity }) => entity), sources.map(({ system }) => system)]);
    return true;
  });
}

/** Asks for the swap; false when none is ready. */
export async function wishSwap(database: Query, { actor, reason }: BesideAct): Promise<boolean> {
  const rows = await database.query(
    `update rebuild_beside set wish_by = $1, wish_reason = $2, refusal = null, retry_at = null where state = 'ready' returning id`, [actor, reason]);
  return rows.length > 0;
}

/** Cancels the open model. Waits for a swap in progress, and then returns false: it is too late. */
export async function cancelBeside(database: Query, { actor, reason }: BesideAct): Promise<boolean> {
  const rows = await database.query(
    `update rebuild_beside set state = 'cancelled', ended_by = $1, ended_reason = $2, ended_at = now(), retry_at = null where ended_at is null returning id`, [actor, reason]);
  return rows.length > 0;
}

/** One that nobody works at and that has something to be done; an ended one until its schema is gone. */
export async function claimBeside(database: Query, worker: string, traceparent: string | null): Promise<ClaimedBeside | undefined> {
  const [row] = await database.query<ClaimedBeside & { [column: string]: unknown }>(
    `update rebuild_beside set worker = $1, worker_until = now() + make_interval(secs => ${heldForSeconds}), traceparent = coalesce(traceparent, $2)
      where id = (select id from rebuild_beside where not tidy and (state <> 'ready' or wish_by is not null) and (retry_at is null or retry_at <= now())
        and (worker = $1 or worker_until is null or worker_until < now()) order by requested_at limit 1 for update skip locked)
      returning id, state, since, traceparent`,
    [worker, traceparent],
  );
  return row;
}

/** As if it had just been asked for: there is no second schema, or it is no longer alike. A swap that is wished meanwhile is refused. */
export async function beginAnew(database: Query, id: string, why: string): Promise<void> {
  await database.query(
    `with begun as (
       update rebuild_beside set state = 'filling', since = null, compared = null, refusal = case when wish_by is null then refusal else $2 end, wish_by = null, wish_reason = null
       where id = $1 and ended_at is null
     )
     update rebuild_beside_source set cursor = null, items = 0, done = false where rebuild_id = $1`, [id, why]);
}

/** Whoever writes a state does it in a transaction that is running now, or in one that begins later: `applied_at` is when it began. */
export async function beginFilling(database: Query, id: string): Promise<void> {
  await database.query(
    `update rebuild_beside set since = (
        select least(now(), min(xact_start)) - interval '1 second' from pg_stat_activity where datname = current_database() and usename = current_user)
      where id = $1 and ended_at is null`, [id]);
}

export async function nextSource(database: Query, id: string): Promise<(Source & { readonly cursor: string | null }) | undefined> {
  const [row] = await database.query<Source & { readonly cursor: string | null; [column: string]: unknown }>(
    'select entity, system, cursor from rebuild_beside_source where rebuild_id = $1 and not done order by place limit 1', [id]);
  return row;
}

/** Counts a try of the page before it is handled, so that one that kills the process counts too; undefined when it was ended or somebody else has it. */
export async function beginTry(database: Query, id: string, worker: string): Promise<number | undefined> {
  const [row] = await database.query<{ tries: number }>('update rebuild_beside set tries = tries + 1 where id = $1 and worker = $2 and ended_at is null returning tries', [id, worker]);
  return row?.tries;
}

/** `next` null: that was the last page. */
export async function endSourcePage(database: Query, id: string, { entity, system }: Source, { items, next }: { readonly items: number; readonly next: string | null }): Promise<void> {
  await database.query(
    `with turn as (update rebuild_beside set tries = 0, problem = null, retry_at = null where id = $1)
     update rebuild_beside_source set cursor = coalesce($5, cursor), items = items + $4, done = $5::text is null where rebuild_id = $1 and entity = $2 and system = $3`,
    [id, entity, system, items, next],
  );
}

export async function postponeBeside(database: Query, id: string, problem: string, afterMs: number): Promise<void> {
  await database.query('update rebuild_beside set problem = $2, retry_at = now() + make_interval(secs => $3::float8 / 1000) where id = $1', [id, problem, afterMs]);
}

export async function becomeReady(database: Query, id: string, compared: readonly BesideComparison[]): Promise<void> {
  await database.query(`update rebuild_beside set state = 'ready', compared = $2, problem = null, retry_at = null, worker_until = null where id = $1 and state = 'filling'`, [id, JSON.stringify(compared)]);
}

/** The wish is over; the second schema stays, for another wish or for being dropped. */
export async function refuseSwap(database: Query, id: string, refusal: string, compared: readonly BesideComparison[]): Promise<void> {
  await database.query(`update rebuild_beside set refusal = $2, compared = $3, wish_by = null, wish_reason = null, problem = null where id = $1 and ended_at is null`, [id, refusal, JSON.stringify(compared)]);
}

/** Locks the row of a swap that is still wished. */
export async function lockWished(tx: PoolClient, id: string): Promise<{ readonly since: Date } | undefined> {
  const { rows } = await tx.query<{ since: Date }>(`select since from rebuild_beside where id = $1 and state = 'ready' and wish_by is not null for update`, [id]);
  return rows[0];
}

export async function endSwapped(tx: PoolClient, id: string, compared: readonly BesideComparison[]): Promise<void> {
  await tx.query(`update rebuild_beside set state = 'swapped', compared = $2, problem = null, ended_by = wish_by, ended_reason = wish_reason, ended_at = now() where id = $1`, [id, JSON.stringify(compared)]);
}

export async function becomeTidy(database: Query, id: string): Promise<void> {
  await database.query('update rebuild_beside set tidy = true, worker_until = null where id = $1', [id]);
}

/** The latest second model, open or ended. */
export async function standingBeside(database: Query): Promise<BesideStanding | null> {
  const [row] = await database.query<Omit<BesideStanding, 'requestedAt' | 'endedAt'> & { requestedAt: Date; endedAt: Date | null }>(
    `select state, actor, reason, requested_at as "requestedAt", problem, refusal, coalesce(compared, '[]') as compared, ended_by as "endedBy", ended_reason as "endedReason", ended_at as "endedAt",
        (select coalesce(sum(s.items), 0)::float8 from rebuild_beside_source s where s.rebuild_id = b.id) as items,
        array(select s.entity || ' of ' || s.system from rebuild_beside_source s where s.rebuild_id = b.id and not s.done order by s.place) as left
      from rebuild_beside b order by requested_at desc limit 1`);
  return row === undefined ? null : { ...row, requestedAt: row.requestedAt.toISOString(), endedAt: row.endedAt?.toISOString() ?? null };
}

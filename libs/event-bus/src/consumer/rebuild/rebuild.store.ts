/**
 * Rebuilds of read models, as rows of the consumer's own database: asked for, worked at page by page, kept for who asked and why (I6).
 * 1. At most one open rebuild of an entity and system; asking again while it runs changes nothing.
 * 2. The cursor moves only when all of its page is applied or a dead letter: a killed process costs a page that is applied again.
 * 3. A worker holds a rebuild for a time. Two that hold it at once do no harm: the gate knows what came already.
 */
import type { Contract } from '@steward/contracts';
import type { Database } from '@steward/platform';

type Query = Pick<Database, 'query'>;

export interface OpenRebuild {
  readonly id: string;
  readonly entity: string;
  readonly system: string;
  readonly cursor: string | null;
  readonly traceparent: string | null;
}

/** A rebuild in the hands of this worker. */
interface Claim {
  readonly id: string;
  readonly worker: string;
}

/** How long a killed worker's rebuild waits for another one; a page takes a fraction of it. */
const heldForSeconds = 30;

/**
 * Requests a rebuild from the given systems, by default from every owner of the entity; returns those whose snapshot was not already being read.
 * @throws TypeError for a contract that is no state, or without an actor or a reason
 */
export async function requestRebuild(database: Query, contract: Contract, { actor, reason }: { readonly actor: string; readonly reason: string }, systems: readonly string[] = contract.systems): Promise<string[]> {
  if (contract.kind !== 'state') throw new TypeError(`${contract.entity} is no state: only states have a snapshot`);
  if (actor.trim() === '' || reason.trim() === '') throw new TypeError('a rebuild needs an actor and a reason (I6)');
  const rows = await database.query<{ system: string }>(
    `insert into rebuild (entity, system, actor, reason) select $1, system, $3, $4 from unnest($2::text[]) as u(system)
      on conflict (entity, system) where finished_at is null do nothing returning system`,
    [contract.entity, systems, actor, reason],
  );
  return rows.map(({ system }) => system);
}

/** One that nobody works at, or that this worker does; `traceparent` becomes that of a rebuild that has none. */
export async function claimRebuild(database: Query, worker: string, entities: readonly string[], traceparent: string | null): Promise<OpenRebuild | undefined> {
  const [row] = await database.query<OpenRebuild & { [column: string]: unknown }>(
    `update rebuild set worker = $1, worker_until = now() + make_interval(secs => ${heldForSeconds}), traceparent = coalesce(traceparent, $3)
      where id = (select id from rebuild where finished_at is null and entity = any($2::text[]) and (retry_at is null or retry_at <= now())
        and (worker = $1 or worker_until is null or worker_until < now()) order by requested_at limit 1 for update skip locked)
      returning id, entity, system, cursor, traceparent`,
    [worker, entities, traceparent],
  );
  return row;
}

/** Counts a try of the page before it is handled, so that one that kills the process counts too; undefined when somebody else has it now. */
export async function beginPage(database: Query, { id, worker }: Claim): Promise<number | undefined> {
  const [row] = await database.query<{ tries: number }>(
    `update rebuild set tries = tries + 1, worker_until = now() + make_interval(secs => ${heldForSeconds})
      where id = $1 and worker = $2 and finished_at is null returning tries`,
    [id, worker],
  );
  return row?.tries;
}

/** `next` null: that was the last page. */
export async function endPage(database: Query, { id, worker }: Claim, { items, next }: { readonly items: number; readonly next: string | null }): Promise<void> {
  await database.query(
    `update rebuild set cursor = coalesce($4, cursor), items = items + $3, tries = 0, problem = null, retry_at = null,
        finished_at = case when $4::text is null then now() end
      where id = $1 and worker = $2 and finished_at is null`,
    [id, worker, items, next],
  );
}

export async function postponePage(database: Query, { id, worker }: Claim, problem: string, afterMs: number): Promise<void> {
  await database.query(
    'update rebuild set problem = $3, retry_at = now() + make_interval(secs => $4::float8 / 1000) where id = $1 and worker = $2 and finished_at is null',
    [id, worker, problem, afterMs],
  );
}

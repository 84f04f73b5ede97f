/**
 * The owner's side of what the guard holds (X6, I6).
 * 1. Who and why are written in the transaction of the act, and so is what makes the feed act on it: whichever process reads it.
 * 2. Released deletions go with the next full pass, due at once. Released items are read again by key: what goes out is what the
 *    source says then, if it still is what the owner saw.
 * 3. Refused items stay held, and their keys in doubt, until the source says something sound.
 */
import type { HeldCase, HeldItem } from '@steward/contracts';
import { type Database, StewardError } from '@steward/platform';
import type { PoolClient } from 'pg';

export interface By {
  readonly actor: string;
  readonly reason: string;
}

/** What waits for its owner, or was refused and still holds items back; the oldest first. */
export async function listHeld(database: Pick<Database, 'query'>): Promise<HeldCase<Date>[]> {
  return database.query<HeldCase<Date> & Record<string, unknown>>(
    `select id, entity, rule, kind, state, count, total, detail, sample, owner, opened_at as "openedAt", last_seen_at as "lastSeenAt"
      from held_change c where state in ('open', 'released') or exists (select from held_item where case_id = c.id) order by opened_at, id limit 100`,
  );
}

/** An answer is one message of the broker, of 1 MiB; the rest is left for the envelope. */
const maxAnswerBytes = 900_000;

/** The diff of a case in the order of keys: a page of at most so many, fewer where they are large. */
export async function listHeldItems(database: Pick<Database, 'query'>, id: string, after: string, limit: number): Promise<HeldItem<Date>[]> {
  return database.query<HeldItem<Date> & Record<string, unknown>>(
    `select key, was, becomes, body as data, held_at as "heldAt"
      from (select *, sum(octet_length(body::text)) over (order by key) as bytes, row_number() over (order by key) as place
        from (select * from held_item where case_id = $1 and key > $2 order by key limit $3) page) sized
      where bytes <= $4 or place = 1 order by key`,
    [id, after, limit, maxAnswerBytes],
  );
}

/**
 * Releases or refuses a held change.
 * @throws TypeError without an actor or a reason
 */
export async function decideHeldChange(database: Pick<Database, 'transaction'>, id: string, decision: 'release' | 'refuse', by: By): Promise<void> {
  if (by.actor.trim() === '' || by.reason.trim() === '') throw new TypeError('a decision on a held change needs an actor and a reason (I6)');
  await database.transaction(async (tx) => {
    const { rows } = await tx.query<{ entity: string; vendor: string; rule: string | null }>(
      `update held_change set state = $2, closed_by = $3, closed_reason = $4, closed_at = case when $2 = 'refused' then now() end
        where id = $1 and (state = 'open' or state = 'refused' and $2 = 'released' and exists (select from held_item where case_id = $1))
        returning entity, vendor, rule`,
      [id, decision === 'release' ? 'released' : 'refused', by.actor, by.reason],
    );
    const found = rows[0];
    if (found === undefined) throw new StewardError('HELD_CHANGE_UNKNOWN', id);
    await tx.query('insert into held_change_act (case_id, act, actor, reason) values ($1, $2, $3, $4)', [id, decision, by.actor, by.reason]);
    if (decision === 'release') await (found.rule === null ? passAtOnce(tx, found) : readAgain(tx, id));
  });
}

async function passAtOnce(tx: PoolClient, { entity, vendor }: { readonly entity: string; readonly vendor: string }): Promise<void> {
  await tx.query('update feed set last_pass_at = to_timestamp(0) where entity = $1 and vendor = $2', [entity, vendor]);
}

async function readAgain(tx: PoolClient, id: string): Promise<void> {
  await tx.query(
    `with items as (update held_item set released = true where case_id = $1 returning entity, key)
      insert into hint (entity, keys, received_at) select entity, array_agg(key), now() from items group by entity`,
    [id],
  );
}

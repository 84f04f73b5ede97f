/**
 * Puts the second model in the place of the live one, in one transaction (ADR 0029).
 * 1. Whoever writes states waits from the lock on, so what is compared and caught up with under it is what is swapped. Readers wait for
 *    nothing: they see the old rows until the commit.
 * 2. Rows that are the same stay. The others are written with what the second schema holds, and never a lower revision over a higher (I3).
 * 3. Locks in the order of all writers: states, then what is derived from them.
 */
import type { BesideComparison } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { digestMoves, keepDigest, lockDigests } from '../../digest/kept';
import { endSwapped, lockWished } from './beside.store';
import { type Compared, compareModels, differs, refusalOf } from './compare-models';
import { catchUp } from './fill';
import type { Target } from '../rebuild/snapshot-page';
import { inSecond, SECOND } from './second-schema';

/** What a service derives from its states, and how that is swapped with them. */
export interface DerivedModel {
  /** Keeps out whoever writes it beside the projections, until the end of the transaction. */
  readonly lock: (tx: PoolClient) => Promise<void>;
  /** Does in the second schema what workers do a moment later in the live one; called until nothing is left. */
  readonly finish: (second: Database) => Promise<void>;
  /** Makes the live tables equal to those of the second schema, and tells whoever keeps something of them in memory. */
  readonly swap: (tx: PoolClient, second: string) => Promise<void>;
}

type Swapped = { readonly kind: 'swapped' | 'not wished' } | { readonly kind: 'refused'; readonly reason: string; readonly compared: readonly BesideComparison[] };

const page = 500;

const changed = `
  with differing as (
    select s.* from ${SECOND}.stored_part s left join public.stored_part l on l.entity = s.entity and l.key = s.key
    where s.entity = $1 and (l.key is null or (s.revision >= l.revision and ${differs}))
  ), moved as (
    insert into stored_part (entity, key, revision, data, hash, changed_at, origin, message_id, deleted_at)
    select entity, key, revision, data, hash, changed_at, origin, message_id, deleted_at from differing
    on conflict (entity, key) do update set
      revision = excluded.revision, data = excluded.data, hash = excluded.hash, changed_at = excluded.changed_at,
      origin = excluded.origin, message_id = excluded.message_id, applied_at = now(), deleted_at = excluded.deleted_at
    where stored_part.revision <= excluded.revision
    returning ${digestMoves}
  ), kept as (${keepDigest('stored_part', 'moved')}
  )
  select count(*) from moved`;

// Tombstones stay until they are old enough (retention.ts): an owner forgets its own at another time.
const gone = `
  with moved as (
    delete from stored_part l where l.entity = $1 and l.data is not null and not exists (select from ${SECOND}.stored_part s where s.entity = l.entity and s.key = l.key)
    returning l.key, l.revision, l.hash, true as gone, l.revision as was_revision, l.hash as was_hash, true as was_there
  ), kept as (${keepDigest('stored_part', 'moved')}
  )
  select count(*) from moved`;

/** Brings over what came meanwhile, without keeping anybody from writing; returns how much that was. */
export async function settle(database: Database, targets: readonly Target[], since: Date, model: DerivedModel): Promise<number> {
  let brought = 0;
  for (const target of targets) brought += await catchUp(database, target, since, page);
  await model.finish(inSecond(database));
  return brought;
}

export async function compareAll(tx: PoolClient, database: Database, targets: readonly Target[], since: Date): Promise<Compared[]> {
  const compared: Compared[] = [];
  for (const { contract } of targets) compared.push(await compareModels(tx, database, contract, since));
  return compared;
}

export const shownOf = (compared: readonly Compared[]): BesideComparison[] => compared.map(({ lacking: _lacking, ...shown }) => shown);

export async function swapModels(database: Database, id: string, targets: readonly Target[], model: DerivedModel): Promise<Swapped> {
  return database.transaction(async (tx) => {
    const wished = await lockWished(tx, id);
    if (wished === undefined) return { kind: 'not wished' };
    await tx.query(`set local lock_timeout = '5s'`);
    // First: a scrub reads all states, and what it notes of them must not be of the old ones.
    await lockDigests(tx);
    await tx.query('lock table stored_part in share row exclusive mode');
    await model.lock(tx);
    await settle(database, targets, wished.since, model);
    const compared = await compareAll(tx, database, targets, wished.since);
    const reasons = compared.flatMap((each, index) => refusalOf(each, (targets[index] as Target).contract) ?? []);
    if (reasons.length > 0) return { kind: 'refused', reason: reasons.join('; '), compared: shownOf(compared) };
    for (const { contract } of targets) for (const text of [changed, gone]) await tx.query(text, [contract.entity]);
    // Notes of edits by hand: they were of rows that have the announced content again.
    await tx.query(`delete from digest_edit where held_in = 'stored_part' and entity = any($1::text[])`, [targets.map(({ contract }) => contract.entity)]);
    await model.swap(tx, SECOND);
    await endSwapped(tx, id, shownOf(compared));
    return { kind: 'swapped' };
  });
}

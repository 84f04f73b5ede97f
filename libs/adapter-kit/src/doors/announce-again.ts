/**
 * Announces again what is announced, under a new revision (X3).
 * 1. One transaction: the new revision, its outbox row and who wanted it why (O1, I6), as for everybody who announces (event-bus `tell`).
 * 2. What is said is the row as it is at that moment, under its lock: nothing was read of the source, so the read number stays what it
 *    was and no read that is under way becomes older or newer by it (O7). For the same reason any replica may do it: the lease guards
 *    against what a process has in its hands from before, and here there is nothing.
 * 3. It goes by the live lane. What waits in the backfill lane for the same keys is withdrawn (B12); a row of its own in that lane would
 *    go out behind changes that were made after it. Whoever asks for much asks slowly.
 * 4. The stored hash becomes that of the stored content: after an edit by hand the next read of the source finds the difference, and of
 *    which record it was told is not known any more.
 * 5. It is said in the major in which it is written: raising it is the reader's (ADR 0026).
 */
import { type AnnounceAgainAnswer, type AnnounceAgainQuestion, type AnnouncedAgain, type Contract } from '@steward/contracts';
import { addressesOf, announceOnce, type AnnouncingAgain, contentHash, digestMoves, hashOf, keepDigest, outboxChannel, outboxInsert, refuseSource, saidIn, tellAgain, type Told, unannounced } from '@steward/event-bus';
import { currentTraceparent } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Feed } from '../source/define';

const trueHash = contentHash(`coalesce(a.data::text, '')`);

// Keys in order, as everywhere (C1). A key that is unknown and named in `above` becomes a tombstone with a read number of now: a page that
// was read before and shows it is older, and read again.
const announce = `
with asked as (
  select u.key, u.subject, u.above, u.type from unnest($2::text[], $3::text[], $4::bigint[], $7::text[]) as u(key, subject, above, type)
), told as (
  insert into announced as a (entity, key, revision, hash, data, read_no, message_id, changed_at, deleted_at, major)
  select $1, u.key, coalesce(u.above, 0) + 1, decode($5, 'hex'), null, nextval('read_no'), uuidv7(), $6::timestamptz, $6::timestamptz, $9::smallint
  from asked u left join announced known on known.entity = $1 and known.key = u.key
  where known.key is not null or u.above is not null order by u.key
  on conflict (entity, key) do update set revision = greatest(a.revision + 1, excluded.revision), hash = ${trueHash}, message_id = excluded.message_id,
    record_hash = case when a.hash = ${trueHash} then a.record_hash end
  returning ${digestMoves}, message_id, data, changed_at
), kept as (${keepDigest('announced', 'told')}
), queued as (
  ${outboxInsert}
  select t.message_id, $1, t.key, 'state', u.type, u.subject, 0, t.revision, null, t.changed_at, 'repair', null, null, $8, t.data is null, coalesce(t.data::text, '')
  from told t join asked u using (key)
), withdrawn as (
  update outbox o set published_at = now() from told t where o.published_at is null and o.lane = 1 and o.kind = 'state' and o.entity = $1 and o.key = t.key
), woken as (select pg_notify('${outboxChannel}', '') where exists (select from told))
select key, revision::float8 as revision from told left join woken on true`;

const look = `
select a.key, greatest(a.revision, coalesce(u.above, 0))::float8 as revision from unnest($2::text[], $3::bigint[]) as u(key, above)
join announced a on a.entity = $1 and a.key = u.key`;

// Only what differs is written: the next read by key decides what is announced of it.
const doubt = `
with doubted as (
  update announced a set hash = ${trueHash}, record_hash = null where a.entity = $1 and a.key = any($2::text[]) and a.hash <> ${trueHash}
  returning ${digestMoves}
)${keepDigest('announced', 'doubted')}`;

export interface Announcing extends AnnouncingAgain {
  readonly system: string;
  readonly feeds: readonly Feed[];
  /** The states that this service decides on itself. */
  readonly own: readonly Contract[];
  /** Tables of this service whose rows are told. */
  readonly tells?: readonly Told[];
}

export async function announceAgain(announcing: Announcing, question: AnnounceAgainQuestion): Promise<AnnounceAgainAnswer> {
  const { system, feeds, own, tells = [] } = announcing;
  const { entity, from = 'announced', dryRun } = question;
  const feed = feeds.find(({ contract }) => contract.entity === entity);
  const told = tells.find(({ contract }) => contract.entity === entity);
  const contract = feed?.contract ?? told?.contract ?? own.find((each) => each.entity === entity);
  if (contract === undefined) throw unannounced(system, entity, [...feeds.map((each) => each.contract), ...own, ...tells.map((each) => each.contract)].map((each) => each.entity));
  if (feed === undefined) refuseSource(system, question);
  return announceOnce(announcing, question, (tx, keys) => {
    if (told !== undefined) return tellAgain(tx, told, keys, dryRun);
    if (from === 'source') return reread(tx, announcing, contract, { keys, dryRun });
    return again(tx, announcing, contract, { keys, above: keys.map((key) => question.above?.[key] ?? null), dryRun });
  });
}

async function again(tx: PoolClient, { system, now }: Announcing, contract: Contract, { keys, above, dryRun }: { keys: readonly string[]; above: readonly (number | null)[]; dryRun: boolean }): Promise<AnnouncedAgain[]> {
  const { entity } = contract;
  if (dryRun) {
    const known = await revisionsOf(tx, entity, keys, above);
    return keys.map((key, index) => {
      const revision = known.get(key) ?? above[index];
      return revision == null ? unknown(key) : { key, outcome: 'would-announce', revision: revision + 1 };
    });
  }
  const majors = await tx.query<{ key: string; major: number }>(`select a.key, ${saidIn('a', '$3')} as major from announced a where entity = $1 and key = any($2::text[]) order by key for update`, [entity, keys, contract.major]);
  const saidBefore = new Map(majors.rows.map(({ key, major }) => [key, major]));
  const [, types, subjects] = addressesOf(contract, system, keys.map((key) => ({ key, major: saidBefore.get(key) ?? contract.major })));
  const { rows } = await tx.query<{ key: string; revision: number }>({
    name: 'kit-announce-again',
    text: announce,
    values: [entity, keys, subjects, above, hashOf(''), new Date(now()), types, currentTraceparent() ?? null, contract.major],
  });
  const told = new Map(rows.map(({ key, revision }) => [key, revision]));
  return keys.map((key) => {
    const revision = told.get(key);
    return revision === undefined ? unknown(key) : { key, outcome: 'announced', revision };
  });
}

async function reread(tx: PoolClient, { now }: Announcing, { entity }: Contract, { keys, dryRun }: { keys: readonly string[]; dryRun: boolean }): Promise<AnnouncedAgain[]> {
  const known = await revisionsOf(tx, entity, keys, keys.map(() => null));
  if (!dryRun) {
    await tx.query('select 1 from announced where entity = $1 and key = any($2::text[]) order by key for update', [entity, keys]);
    await tx.query({ name: 'kit-doubt', text: doubt, values: [entity, keys] });
    await tx.query('insert into hint (entity, keys, received_at) values ($1, $2, $3)', [entity, keys, new Date(now())]);
  }
  return keys.map((key) => ({ key, outcome: dryRun ? 'would-read' : 'reading', revision: known.get(key) ?? null }));
}

const unknown = (key: string): AnnouncedAgain => ({ key, outcome: 'unknown-key', revision: null });

async function revisionsOf(tx: PoolClient, entity: string, keys: readonly string[], above: readonly (number | null)[]): Promise<Map<string, number>> {
  const { rows } = await tx.query<{ key: string; revision: number }>({ name: 'kit-again-look', text: look, values: [entity, keys, above] });
  return new Map(rows.map(({ key, revision }) => [key, revision]));
}

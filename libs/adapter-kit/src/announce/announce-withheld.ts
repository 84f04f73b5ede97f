import { type Contract, subjectOf, typeOf } from '@steward/contracts';
import { digestMoves, hashOf, keepDigest, numberFloor, outboxChannel, outboxInsert } from '@steward/event-bus';
import { currentTraceparent } from '@steward/platform';
import type { PoolClient } from 'pg';

// A tombstone also for what was never announced: others may know the key from elsewhere. The read number is taken here, so that
// a page which was read before and shows the key is older (O7); what still waits in the backfill lane is withdrawn (B12).
const announce = `
with told as (
  insert into announced as a (entity, key, revision, hash, data, read_no, message_id, changed_at, deleted_at, major)
  select $1, key, greatest((select max(revision_floor) from feed where entity = $1), ${numberFloor}) + 1, decode($4, 'hex'), null, nextval('read_no'), uuidv7(), $5::timestamptz, $5::timestamptz, $9::smallint
  from unnest($2::text[]) as u(key) order by key
  on conflict (entity, key) do update set
    revision = a.revision + 1, hash = excluded.hash, data = null, read_no = excluded.read_no, source_version = null, record_hash = null, record_by = null, base = null, base_at = null,
    message_id = excluded.message_id, changed_at = excluded.changed_at, deleted_at = excluded.deleted_at, major = excluded.major
  where a.data is not null
  returning ${digestMoves}, message_id
), kept as (${keepDigest('announced', 'told')}
), queued as (
  ${outboxInsert}
  select t.message_id, $1, t.key, 'state', $6, u.subject, 0, t.revision, null, $5::timestamptz, 'live', $7, null, $8, true, ''
  from told t join unnest($2::text[], $3::text[]) as u(key, subject) using (key)
), withdrawn as (
  update outbox o set published_at = now() from told t where o.published_at is null and o.lane = 1 and o.kind = 'state' and o.entity = $1 and o.key = t.key
), woken as (select pg_notify('${outboxChannel}', '') where exists (select from told))
select key from told left join woken on true order by key`;

/** Tells keys as deleted at once, in the transaction that has decided to withhold them (Feed.withheld). Returns those that were not. */
export async function announceWithheld(tx: PoolClient, system: string, contract: Contract, keys: readonly string[], options: { readonly at: Date; readonly correlationId?: string | null }): Promise<string[]> {
  const distinct = [...new Set(keys)];
  const { rows } = await tx.query<{ key: string }>({
    name: 'kit-announce-withheld',
    text: announce,
    values: [
      contract.entity, distinct, distinct.map((key) => subjectOf(contract, system, key)), hashOf(''), options.at, typeOf(contract, system), options.correlationId ?? null, currentTraceparent(), contract.major,
    ],
  });
  return rows.map(({ key }) => key);
}

import { outboxChannel, outboxInsert } from '@steward/event-bus';

/**
 * What a read of the source changes: `announced`, its revision and the outbox row, for a whole page in one statement (O1).
 *
 * Verdict of each key, against what we said last:
 * - `same`: equal content; nothing is written, but while an older read is still under way its read number moves (O7, ADR 0006)
 * - `changed`: other content, from a later read and, where the source has versions, not from an older version
 * - `stale`: other content that may not win; the key goes into `hint` in this very transaction, to be read again by key. Not when
 *   this already was a read by key: what won over it was read later, and a replica that is behind would be asked for ever
 *
 * The conditions stand in the join *and* in the upsert: in the join so that an unchanged page locks no rows (an ON CONFLICT
 * whose condition is false still locks the row, 500 dirty tuples a page); in the upsert because it alone sees the row that it
 * changes. Whatever falls between the two is counted as stale, never lost.
 *
 * Rejected: a statement a row (1.6 k/s against 30 k/s); reading the hashes first and comparing here (a round trip more, and a
 * page would be judged by what another read has overwritten meanwhile); `merge` (no ON CONFLICT locking).
 *
 * Versions keep out a replica that is behind, for a while: a source that was restored from a backup counts from lower numbers
 * for good, and must not be refused for ever.
 *
 * $1 entity  $2 keys  $3 hashes (hex)  $4 bodies (null = deleted)  $5 source versions  $6 subjects  $7 read number
 * $8 revision floor  $9 an older read is under way  $10 time of the read  $11 type  $12 lane  $13 origin  $14 traceparent
 * $15 read rejected keys again  $16 for how long (s) a lower version is refused
 */
export const announceStatement = `
with incoming as (
  select u.key, decode(u.hash, 'hex') as hash, u.body, u.version, u.subject
  from unnest($2::text[], $3::text[], $4::text[], $5::bigint[], $6::text[]) as u(key, hash, body, version, subject)
), judged as (
  select i.*, case
    when a.key is null then case when i.body is null and not $9::boolean then 'same' else 'changed' end
    when a.hash = i.hash then 'same'
    when a.read_no < $7 and (i.version is null or a.source_version is null or i.version >= a.source_version or a.changed_at < $10::timestamptz - make_interval(secs => $16::float8)) then 'changed'
    else 'stale' end as verdict
  from incoming i left join announced a on a.entity = $1 and a.key = i.key
), touched as (
  update announced a set read_no = $7 from judged j
  where $9::boolean and j.verdict = 'same' and a.entity = $1 and a.key = j.key and a.read_no < $7
), changed as (
  insert into announced as a (entity, key, revision, hash, data, read_no, source_version, message_id, changed_at, deleted_at)
  select $1, key, $8::bigint + 1, hash, body::json, $7, version, uuidv7(), $10::timestamptz, case when body is null then $10::timestamptz end from judged where verdict = 'changed' order by key
  on conflict (entity, key) do update set
    revision = a.revision + 1, hash = excluded.hash, data = excluded.data, read_no = excluded.read_no,
    source_version = excluded.source_version, message_id = excluded.message_id, changed_at = excluded.changed_at,
    deleted_at = excluded.deleted_at
  where a.read_no < excluded.read_no
    and (excluded.source_version is null or a.source_version is null or excluded.source_version >= a.source_version
      or a.changed_at < excluded.changed_at - make_interval(secs => $16::float8))
  returning key, revision, message_id
), queued as (
  ${outboxInsert}
  select c.message_id, $1, c.key, 'state', $11, i.subject, $12::smallint, c.revision, null, $10::timestamptz, $13, null, null, $14, i.body is null, coalesce(i.body, '')
  from changed c join incoming i on i.key = c.key
), left_over as (
  select key from judged j where verdict <> 'same' and not exists (select from changed c where c.key = j.key)
), again as (
  insert into hint (entity, keys, received_at) select $1, array_agg(key), $10::timestamptz from left_over where $15::boolean having count(*) > 0
), woken as (
  select pg_notify('${outboxChannel}', '') where exists (select from changed)
)
select (select count(*) from changed)::int as changed, (select array_agg(key) from left_over) as stale, (select count(*) from woken)::int as woken`;

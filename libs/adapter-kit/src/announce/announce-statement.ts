import type { ChangeRule } from '@steward/contracts';
import { digestMoves, keepDigest, outboxChannel, outboxInsert } from '@steward/event-bus';
import { compares, fieldsOf, jsonOf, suspicion } from '../guard/change-rules';

/**
 * What a read of the source changes: `announced`, its revision and the outbox row, for a whole page in one statement (O1).
 *
 * Verdict of each key, against what we said last:
 * - `same`: equal content, said in this major; nothing is written, but while an older read is still under way its read number moves (O7, ADR 0006), and
 *   where the source's record has changed in what is not told of it, or was not known yet, its hash (ADR 0027)
 * - `changed`: other content, from a later read and, where the source has versions, not from an older version
 * - `stale`: other content that may not win; the key goes into `hint` in this very transaction, to be read again by key. Not when
 *   this already was a read by key: what won over it was read later, and a replica that is behind would be asked for ever
 * - `rule`: it would be `changed`, but the contract's guard finds it suspicious (X6); nothing is written, and the key is returned
 *   with the number of the rule. It is held, or announced by a second run. So a batch without a suspicious change costs no round
 *   trip more, and a contract without rules has a statement without them
 *
 * The conditions stand in the join *and* in the upsert: in the join so that an unchanged page locks no rows (an ON CONFLICT
 * whose condition is false still locks the row, 500 dirty tuples a page); in the upsert because it alone sees the row that it
 * changes. Whatever falls between the two is counted as stale, never lost.
 *
 * Rejected: a statement a row (1.6 k/s against 30 k/s); reading the hashes first and comparing here (a round trip more, and a
 * page would be judged by what another read has overwritten meanwhile); `merge` (no ON CONFLICT locking).
 *
 * The planner knows nothing of how many rows a CTE has, nor of a table before its first ANALYZE, and guesses a few. So its order is given:
 * a lateral with `offset 0` looks each key up in the index (an import read all that it had announced before, page by page), and what is
 * `not in` a subquery is found by hash (`not exists` compared each key of a page with all others: half of the time of a page of 500).
 *
 * Versions keep out a replica that is behind, for a while: a source that was restored from a backup counts from lower numbers
 * for good, and must not be refused for ever.
 *
 * $1 entity  $2 keys  $3 hashes (hex)  $4 bodies (null = deleted)  $5 source versions  $6 subjects  $7 read number
 * $8 revision floor  $9 an older read is under way  $10 time of the read  $11 type  $12 lane  $13 origin  $14 traceparent
 * $15 read rejected keys again  $16 for how long (s) a lower version is refused  $17 hashes of the records (hex)  $18 who reads them
 * $19 major
 * with rules: $20 `judged`, or what was judged before: `passed`, `released` (later changes are compared with what is said now)
 * and $21… the guarded fields of the items, so that no body is parsed for them, and last, for rules that compare, since when
 */
export function announceStatement(rules: readonly ChangeRule[]): string {
  const guarded = rules.length > 0;
  const guardedFields = fieldsOf(rules);
  const column = (field: string): string => `guarded_${guardedFields.indexOf(field)}`;
  const columns = (render: (field: string, index: number) => string): string => guardedFields.map((field, index) => `, ${render(field, index)}`).join('');
  const compared = fieldsOf(rules.filter(compares));
  const kept = `a.base is not null and a.base_at > $${21 + guardedFields.length}::timestamptz`;
  const base = compared.length === 0 ? 'a.data' : `case when ${kept} then a.base else a.data end`;
  const keepBase = compared.length === 0 ? '' : `,
    base = case when $20::text = 'released' then null when ${kept} then a.base when a.data is not null then ${jsonOf('a.data', compared)} end,
    base_at = case when ${kept} then a.base_at else excluded.changed_at end`;
  return `
with incoming as (
  select u.key, decode(u.hash, 'hex') as hash, u.body, u.version, u.subject, decode(u.record, 'hex') as record${columns((field) => `u.${column(field)}`)}
  from unnest($2::text[], $3::text[], $4::json[], $5::bigint[], $6::text[], $17::text[]${columns((_, index) => `$${21 + index}::text[]`)}) as u(key, hash, body, version, subject, record${columns(column)})
), weighed as (
  select i.*, a.record_hash is distinct from i.record as other, a.data as was, ${guarded ? base : 'null::json'} as base, case
    when a.key is null then case when i.body is null and not $9::boolean then 'same' else 'changed' end
    when a.hash = i.hash and (a.major = $19::smallint or i.body is null) then 'same'
    when a.read_no < $7 and (i.version is null or a.source_version is null or i.version >= a.source_version or a.changed_at < $10::timestamptz - make_interval(secs => $16::float8)) then 'changed'
    else 'stale' end as verdict
  from incoming i left join lateral (select * from announced b where b.entity = $1 and b.key = i.key offset 0) a on true
), judged as (
  select key, hash, body, version, subject, record, other, verdict, ${guarded ? `case when $20::text = 'judged' and verdict = 'changed' then ${suspicion(rules, { was: 'was', base: 'base', becomes: column })} end` : 'null::int'} as rule from weighed
), touched as (
  update announced a set read_no = $7, record_hash = j.record, record_by = $18::text from judged j
  where ($9::boolean or j.other) and j.verdict = 'same' and a.entity = $1 and a.key = j.key and a.read_no < $7
), changed as (
  insert into announced as a (entity, key, revision, hash, data, read_no, source_version, message_id, changed_at, deleted_at, record_hash, record_by, major)
  select $1, key, $8::bigint + 1, hash, body, $7, version, uuidv7(), $10::timestamptz, case when body is null then $10::timestamptz end, record, $18::text, $19::smallint from judged where verdict = 'changed' and rule is null order by key
  on conflict (entity, key) do update set
    revision = a.revision + 1, hash = excluded.hash, data = excluded.data, read_no = excluded.read_no,
    source_version = excluded.source_version, message_id = excluded.message_id, changed_at = excluded.changed_at,
    deleted_at = excluded.deleted_at, record_hash = excluded.record_hash, record_by = excluded.record_by, major = excluded.major${keepBase}
  where a.read_no < excluded.read_no
    and (excluded.source_version is null or a.source_version is null or excluded.source_version >= a.source_version
      or a.changed_at < excluded.changed_at - make_interval(secs => $16::float8))
  returning ${digestMoves}, message_id
), kept as (${keepDigest('announced', 'changed')}
), queued as (
  ${outboxInsert}
  select c.message_id, $1, c.key, 'state', $11, i.subject, $12::smallint, c.revision, null, $10::timestamptz, $13, null, null, $14, i.body is null, coalesce(i.body::text, '')
  from changed c join incoming i on i.key = c.key
), left_over as (
  select key from judged where verdict <> 'same' and rule is null and key not in (select key from changed)
), again as (
  insert into hint (entity, keys, received_at) select $1, array_agg(key), $10::timestamptz from left_over where $15::boolean having count(*) > 0
), woken as (
  select pg_notify('${outboxChannel}', '') where exists (select from changed)
)
select (select count(*) from changed)::int as changed, (select array_agg(key) from left_over) as stale, (select count(*) from woken)::int as woken,
  ${guarded ? '(select json_agg(json_build_array(key, rule)) from judged where rule is not null)' : 'null::json'} as suspects`;
}

import type { ReadSourceEvidence, SourceEvidence } from '@steward/event-bus';

interface Row {
  readonly key: string;
  readonly version: number | null;
  readonly hinted: boolean;
  readonly held_by: string | null;
  readonly record: SourceEvidence['record'];
}

/** The source's version and record of what was announced, whether a webhook waits to be looked at, and whether the guard holds a change (X6). */
export const readSourceEvidence: ReadSourceEvidence = async (tx, entity, keys) => {
  const { rows } = await tx.query<Row>(
    `select u.key, a.source_version::float8 as version, exists (select from hint h where h.entity = $1 and u.key = any(h.keys)) as hinted, i.case_id::text as held_by,
       case when a.record_hash is not null then json_build_object('hash', encode(a.record_hash, 'hex'), 'by', a.record_by) end as record
     from unnest($2::text[]) as u (key) left join announced a on a.entity = $1 and a.key = u.key left join held_item i on i.entity = $1 and i.key = u.key`,
    [entity, keys],
  );
  return new Map(rows.map(({ key, version, hinted, held_by: heldBy, record }): [string, SourceEvidence] => [key, { version, hinted, heldBy, record }]));
};

/**
 * Announces states that this service itself decides on, in the transaction of the decision.
 * 1. One statement for `announced`, the revision and the outbox row (O1), keys sorted.
 * 2. A revision is given only where the content differs, or the major in which it is said: saying the same again sends nothing, unless somebody has asked for it.
 * 3. The caller holds the lock of what the state is told of, so that two changes of a key are told in the order of their decision.
 *    There is no read number here (O7): nothing was read.
 * 4. What still waits in the backfill lane for the same keys is withdrawn: it would arrive behind its successor (B12).
 */
import { type Contract, subjectOf, typeOf } from '@steward/contracts';
import { digestMoves, hashOf, keepDigest, outboxChannel, outboxInsert, publishFault } from '@steward/event-bus';
import { currentTraceparent, RejectedError } from '@steward/platform';
import type { PoolClient } from 'pg';

export interface OwnChange<T = unknown> {
  readonly key: string;
  /** The whole state with its fields in a fixed order, since the text is compared; null = it is no more. */
  readonly data: T | null;
  /** Default now. */
  readonly at?: Date;
  readonly correlationId?: string | null;
  readonly causationId?: string | null;
  /** Default: the active trace. */
  readonly traceparent?: string | null;
}

interface Saying {
  /** Under a new revision even where nothing has changed: whoever asks may have lost what was said. */
  readonly again?: boolean;
}

export interface OwnRevision {
  readonly key: string;
  readonly revision: number;
}

// The join keeps unchanged keys unlocked; the condition of the upsert is what decides. `offset 0` has it look up each key: planned while the
// table was small, the join read all that was ever announced of the entity, for each order.
const announce = `
with incoming as (
  select u.key, decode(u.hash, 'hex') as hash, u.body, u.subject, u.at, u.correlation_id, u.causation_id, u.traceparent
  from unnest($2::text[], $3::text[], $4::json[], $5::text[], $6::timestamptz[], $7::text[], $8::text[], $9::text[])
    as u(key, hash, body, subject, at, correlation_id, causation_id, traceparent)
), changed as (
  insert into announced as a (entity, key, revision, hash, data, read_no, message_id, changed_at, deleted_at, major)
  select $1, i.key, coalesce((select revision_floor from own_state where entity = $1), 0) + 1, i.hash, i.body, 0, uuidv7(), i.at, case when i.body is null then i.at end, $12::smallint
  from incoming i left join lateral (select a.key, a.hash, a.major from announced a where a.entity = $1 and a.key = i.key offset 0) known on true
  where case when known.key is null then i.body is not null else known.hash <> i.hash or (known.major <> $12::smallint and i.body is not null) or $11::boolean end order by i.key
  on conflict (entity, key) do update set
    revision = a.revision + 1, hash = excluded.hash, data = excluded.data, message_id = excluded.message_id,
    changed_at = excluded.changed_at, deleted_at = excluded.deleted_at, record_hash = null, major = excluded.major
  where a.hash <> excluded.hash or (a.major <> excluded.major and excluded.data is not null) or $11::boolean
  returning ${digestMoves}, message_id
), kept as (${keepDigest('announced', 'changed')}
), queued as (
  ${outboxInsert}
  select c.message_id, $1, c.key, 'state', $10, i.subject, 0, c.revision, null, i.at, 'live', i.correlation_id, i.causation_id, i.traceparent, i.body is null, coalesce(i.body::text, '')
  from changed c join incoming i on i.key = c.key
), withdrawn as (
  update outbox o set published_at = now() from changed c where o.published_at is null and o.lane = 1 and o.kind = 'state' and o.entity = $1 and o.key = c.key
), woken as (select pg_notify('${outboxChannel}', '') where exists (select from changed))
select key, revision::float8 as revision from changed left join woken on true order by key`;

/**
 * Announces states that this service decides itself; returns the keys whose state has changed.
 * @throws RejectedError, before anything is written, if one of them may not be sent
 */
export async function announceOwn<T>(tx: PoolClient, system: string, contract: Contract<T>, changes: readonly OwnChange<T>[], { again = false }: Saying = {}): Promise<OwnRevision[]> {
  if (contract.kind !== 'state') throw new TypeError(`${contract.entity} is no state contract: use appendEvents`);
  // Of two changes of a key the later one is its state; what was between was never visible outside this transaction.
  const latest = [...new Map(changes.map((change) => [change.key, change])).values()];
  if (latest.length === 0) return [];
  const erased = contract as Contract;
  const bodies = latest.map((change) => bodyOf(erased, system, change));
  const now = new Date();
  const traceparent = currentTraceparent();
  const result = await tx.query<{ key: string; revision: number }>({
    name: 'kit-announce-own',
    text: announce,
    values: [
      contract.entity,
      latest.map(({ key }) => key),
      bodies.map((body) => hashOf(body ?? '')),
      bodies,
      latest.map(({ key }) => subjectOf(erased, system, key)),
      latest.map(({ at }) => at ?? now),
      latest.map(({ correlationId }) => correlationId ?? null),
      latest.map(({ causationId }) => causationId ?? null),
      latest.map((change) => (change.traceparent === undefined ? traceparent : change.traceparent)),
      typeOf(erased, system),
      again,
      contract.major,
    ],
  });
  return result.rows;
}

function bodyOf(contract: Contract, system: string, { key, data, correlationId, causationId }: OwnChange): string | null {
  const problems = data === null ? [] : contract.validateProduced(data);
  if (problems.length > 0) {
    const text = problems.map(({ pointer, message }) => `${pointer || '/'}: ${message}`).join('; ');
    throw new RejectedError('OUTBOX_INVALID', `${contract.entity} ${key}: ${text}`, { place: problems[0]?.pointer ?? '/' });
  }
  const body = data === null ? null : JSON.stringify(data);
  const fault = publishFault({ contract, system, key, body: body ?? '', correlationId, causationId });
  if (fault) throw fault;
  return body;
}

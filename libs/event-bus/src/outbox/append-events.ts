/**
 * Writes facts of event (and ordered command) contracts, in the transaction of the change they tell of.
 * 1. The sequence of a key is gapless (C5b): it is counted in a row that is locked until commit, so a rollback takes its number back.
 *    Only where the life of the database begins anew it jumps, to a number that says so (ADR 0024).
 * 2. Rows of a key get ascending outbox ids in the order of their sequence, because the lock is taken before the id (O3).
 * 3. Nothing is written that the contract or the broker would refuse (O5).
 */
import { type Contract, subjectOf, typeOf } from '@steward/contracts';
import { RejectedError } from '@steward/platform';
import type { PoolClient } from 'pg';
import { v7 as uuid } from 'uuid';
import type { Origin } from '../envelope';
import { numberFloor } from './life';
import { type Lane, lanes, outboxChannel, outboxInsert } from './outbox-insert';
import { publishFault } from './publishable';

export interface EventDraft<T = unknown> {
  contract: Contract<T>;
  system: string;
  key: string;
  data: T;
  /** When it happened; default now. */
  time?: Date;
  lane?: Lane;
  origin?: Origin;
  correlationId?: string | null;
  causationId?: string | null;
  traceparent?: string | null;
}

export interface AppendedEvent {
  id: string;
  key: string;
  sequence: number;
}

// Keys are counted in key order, so that two transactions over the same keys can't deadlock. The lateral row number gives every
// draft of one key its own number. Rejected: a sequence object (leaves gaps on rollback), max(sequence)+1 (two writers get the same).
// `written` is joined to `counted`, so no row is inserted, and no id taken, before the key's row is locked.
const append = `
  with draft as (
    select d.*, row_number() over (partition by entity, key order by place) nth, count(*) over (partition by entity, key) total
    from unnest($1::uuid[], $2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::smallint[], $8::timestamptz[],
                $9::text[], $10::text[], $11::text[], $12::text[], $13::text[])
      with ordinality d(message_id, entity, key, kind, type, subject, lane, event_time, origin, correlation_id, causation_id, traceparent, body, place)
  ), counted as (
    insert into event_sequence as s (entity, key, last)
    select entity, key, floor.number + count(*) from draft, (select ${numberFloor} as number) floor group by entity, key, floor.number order by entity, key
    on conflict (entity, key) do update set last = greatest(s.last, ${numberFloor}) + excluded.last - ${numberFloor}
    returning entity, key, last
  ), written as (
    ${outboxInsert}
    select message_id, entity, key, kind, type, subject, lane, null, last - total + nth, event_time, origin,
           correlation_id, causation_id, traceparent, false, body
    from draft join counted using (entity, key) order by place
    returning message_id, key, sequence
  ), woken as (select pg_notify('${outboxChannel}', ''))
  select message_id as id, key, sequence::float8 as sequence from written where exists (select from woken)`;

/** Appends events in the given order; throws RejectedError before writing anything when one of them may not be sent. */
export async function appendEvents<T>(tx: PoolClient, drafts: readonly EventDraft<T>[]): Promise<AppendedEvent[]> {
  if (drafts.length === 0) return [];
  const bodies = drafts.map((draft) => bodyOf(draft));
  const result = await tx.query<AppendedEvent>({
    name: 'outbox-append-events',
    text: append,
    values: [
      drafts.map(() => uuid()),
      drafts.map((draft) => draft.contract.entity),
      drafts.map((draft) => draft.key),
      drafts.map((draft) => draft.contract.kind),
      drafts.map((draft) => typeOf(draft.contract as Contract, draft.system)),
      drafts.map((draft) => subjectOf(draft.contract as Contract, draft.system, draft.key)),
      drafts.map((draft) => draft.lane ?? lanes.live),
      drafts.map((draft) => draft.time ?? new Date()),
      drafts.map((draft) => draft.origin ?? 'live'),
      drafts.map((draft) => draft.correlationId ?? null),
      drafts.map((draft) => draft.causationId ?? null),
      drafts.map((draft) => draft.traceparent ?? null),
      bodies,
    ],
  });
  return result.rows;
}

function bodyOf<T>(draft: EventDraft<T>): string {
  const contract = draft.contract as Contract;
  if (contract.kind === 'state') {
    throw new RejectedError('OUTBOX_WRONG_KIND', `${contract.entity} is a state contract: its rows are written with their revision`, { accepted: 'event, command' });
  }
  const problems = contract.validateProduced(draft.data);
  if (problems.length > 0) {
    const text = problems.map((problem) => `${problem.pointer || '/'}: ${problem.message}`).join('; ');
    throw new RejectedError('OUTBOX_INVALID', `${contract.entity} ${draft.key}: ${text}`, { place: problems[0]?.pointer ?? '/' });
  }
  const body = JSON.stringify(draft.data);
  const fault = publishFault({ contract, system: draft.system, key: draft.key, body, correlationId: draft.correlationId, causationId: draft.causationId });
  if (fault) throw fault;
  return body;
}

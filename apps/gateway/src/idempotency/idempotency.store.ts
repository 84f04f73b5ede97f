/**
 * One effect per (identity, operation, key), for ever (S4). Invariants:
 *   1. The row is inserted in the transaction of the effect: there is no effect without it, and none of a second request. Two that come at
 *      the same moment are told apart by the primary key, where the later one waits for the earlier one's commit.
 *   2. What is refused before the effect takes no key: a shopper who agrees to a new price may use it again.
 *   3. The answer is stored once and given to whoever repeats the request. Whoever was to answer and died is followed by the next who asks.
 */
import { hash } from 'node:crypto';
import type { PoolClient } from 'pg';
import type { Database } from '@steward/platform';

export interface Request {
  /** Whose key it is. */
  readonly identity: string;
  readonly operation: string;
  readonly key: string;
  /** Of body and context. */
  readonly hash: string;
}

export interface Answer {
  readonly status: number;
  /** JSON text. */
  readonly body: string;
}

export type Known =
  | { readonly kind: 'new' }
  | { readonly kind: 'mismatch' }
  | { readonly kind: 'in progress' }
  /** Whoever was to answer is late: the caller answers instead. */
  | { readonly kind: 'unanswered'; readonly resourceId: string }
  | { readonly kind: 'answered'; readonly resourceId: string; readonly answer: Answer };

const idsOf = ({ identity, operation, key }: Request): string[] => [identity, operation, hash('sha256', key, 'hex')];

/** Whether this request took the key; its effect is then to be done in the same transaction, and answered within `answerMs`. */
export async function takeKey(tx: PoolClient, request: Request, resourceId: string, answerMs: number): Promise<boolean> {
  const { rowCount } = await tx.query({
    name: 'idempotency-take',
    text: `insert into idempotency (identity, operation, key_hash, request_hash, resource_id, answering_until)
      values ($1, $2, $3, $4, $5, clock_timestamp() + make_interval(secs => $6::float8 / 1000)) on conflict do nothing`,
    values: [...idsOf(request), request.hash, resourceId, answerMs],
  });
  return rowCount === 1;
}

interface Row {
  request_hash: string;
  resource_id: string;
  status: number | null;
  answer: string | null;
  mine: boolean;
}

/** What is known of this request. Takes over from whoever was to answer and is late. */
export async function recall(database: Database, request: Request, answerMs: number): Promise<Known> {
  // The claim and the look are one statement: of several that ask at once only one is told that it has to answer.
  const [row] = await database.query<Row>(
    {
      name: 'idempotency-recall',
      text: `
        with mine as (
          update idempotency set answering_until = clock_timestamp() + make_interval(secs => $5::float8 / 1000)
          where identity = $1 and operation = $2 and key_hash = $3 and request_hash = $4 and answer is null and answering_until < clock_timestamp()
          returning key_hash
        )
        select i.request_hash, i.resource_id, i.status, i.answer, exists (select from mine) as mine
        from idempotency i where i.identity = $1 and i.operation = $2 and i.key_hash = $3`,
    },
    [...idsOf(request), request.hash, answerMs],
  );
  if (row === undefined) return { kind: 'new' };
  if (row.request_hash !== request.hash) return { kind: 'mismatch' };
  if (row.status !== null && row.answer !== null) return { kind: 'answered', resourceId: row.resource_id, answer: { status: row.status, body: row.answer } };
  return row.mine ? { kind: 'unanswered', resourceId: row.resource_id } : { kind: 'in progress' };
}

/** Whoever was to answer can't: the next who asks need not wait until that is plain. */
export async function letGo(database: Database, request: Request): Promise<void> {
  await database.query({ name: 'idempotency-let-go', text: 'update idempotency set answering_until = clock_timestamp() where identity = $1 and operation = $2 and key_hash = $3 and answer is null' }, idsOf(request));
}

/** Stores the answer unless there is one; returns the one that counts. */
export async function storeAnswer(database: Database, request: Request, answer: Answer): Promise<Answer> {
  const [row] = await database.query<{ status: number; answer: string }>(
    {
      name: 'idempotency-answer',
      text: `update idempotency set status = coalesce(status, $4), answer = coalesce(answer, $5)
        where identity = $1 and operation = $2 and key_hash = $3 returning status, answer`,
    },
    [...idsOf(request), answer.status, answer.body],
  );
  return row === undefined ? answer : { status: row.status, body: row.answer };
}

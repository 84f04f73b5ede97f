import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';

/** What a person wants paid back. */
export interface RefundWanted {
  /** The idempotency key, for ever. */
  readonly refundId: string;
  readonly orderId: string;
  /** In minor units. */
  readonly amount: number;
  readonly currency: string;
}

export interface SentRefund extends RefundWanted {
  readonly sentAt: Date;
}

export async function findRefund(database: Pick<Database, 'query'>, refundId: string): Promise<SentRefund | undefined> {
  const [row] = await database.query<SentRefund>(`select refund_id as "refundId", order_id as "orderId", amount::float8 as amount, currency, sent_at as "sentAt" from refund where refund_id = $1`, [refundId]);
  return row;
}

/** Undefined when it was sent before: of several who send at once, one does. */
export async function insertRefund(tx: PoolClient, refund: RefundWanted): Promise<SentRefund | undefined> {
  const { refundId, orderId, amount, currency } = refund;
  const { rows: [row] } = await tx.query<Pick<SentRefund, 'sentAt'>>(
    'insert into refund (refund_id, order_id, amount, currency) values ($1, $2, $3, $4) on conflict do nothing returning sent_at as "sentAt"', [refundId, orderId, amount, currency],
  );
  return row && { ...refund, ...row };
}

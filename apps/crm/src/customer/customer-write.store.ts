/**
 * What the shop asks about a customer, one thing after the other.
 * 1. The customer's lock comes first, in handlers and in outcomes alike; rows of effects are locked after it.
 * 2. One write of a customer is under way at a time: what is unknown is found out before the next is sent, so that a change that is
 *    tried again never lands on top of a later one.
 * 3. A command that is handled twice is one write: its key is the command's.
 */
import { abandonEffect, intendEffects } from '@steward/adapter-kit';
import { currentTraceparent } from '@steward/platform';
import type { PoolClient } from 'pg';

export const writeKinds = ['register-customer', 'update-customer', 'erase-customer'] as const;
export type WriteKind = (typeof writeKinds)[number];

export interface CustomerWrite {
  readonly customerId: string;
  readonly kind: WriteKind;
  readonly effectKey: string;
  readonly request: unknown;
  readonly correlationId: string | null;
}

/** Until the end of the transaction; several are locked in one order. */
export async function lockCustomers(tx: PoolClient, customerIds: readonly string[]): Promise<void> {
  await tx.query({
    name: 'crm-lock-customers',
    text: `select pg_advisory_xact_lock(place) from (select distinct hashtextextended('customer ' || id, 0) as place from unnest($1::text[]) as u(id) order by 1) sorted`,
    values: [customerIds],
  });
}

/** Needs the customer's lock. */
export async function enqueue(tx: PoolClient, { customerId, kind, effectKey, request, correlationId }: CustomerWrite): Promise<void> {
  await tx.query({
    name: 'crm-enqueue',
    text: `insert into customer_write (customer_id, kind, effect_key, request, correlation_id, traceparent)
      select $1, $2, $3, $4, $5, $6 where not exists (select from effect where kind = $2 and key = $3) on conflict do nothing`,
    values: [customerId, kind, effectKey, JSON.stringify(request), correlationId, currentTraceparent()],
  });
  await sendNext(tx, customerId);
}

/** With the outcome of an effect. Needs the customer's lock. */
export async function dequeue(tx: PoolClient, customerId: string, kind: WriteKind, effectKey: string): Promise<void> {
  await tx.query({ name: 'crm-dequeue', text: 'delete from customer_write where kind = $1 and effect_key = $2', values: [kind, effectKey] });
  await sendNext(tx, customerId);
}

/** Nothing more is sent about somebody who is to be forgotten; what may have been sent is still found out. Needs the customer's lock. */
export async function dropUnsent(tx: PoolClient, customerId: string): Promise<void> {
  await tx.query(`delete from customer_write where customer_id = $1 and not intended and kind <> 'erase-customer'`, [customerId]);
  const next = await nextOf(tx, customerId);
  if (next === undefined || next.kind === 'erase-customer') return;
  const was = await abandonEffect(tx, next.kind, next.effect_key);
  if (was === 'never') await tx.query('delete from customer_write where place = $1', [next.place]);
}

interface Next {
  readonly place: string;
  readonly kind: WriteKind;
  readonly effect_key: string;
  readonly request: unknown;
  readonly correlation_id: string | null;
  readonly traceparent: string | null;
  readonly intended: boolean;
}

async function sendNext(tx: PoolClient, customerId: string): Promise<void> {
  const next = await nextOf(tx, customerId);
  if (next === undefined || next.intended) return;
  await tx.query({ name: 'crm-intended', text: 'update customer_write set intended = true where place = $1', values: [next.place] });
  const { kind, effect_key: key, request, correlation_id: correlationId, traceparent } = next;
  await intendEffects(tx, [{ kind, key, request, correlationId, traceparent }]);
}

async function nextOf(tx: PoolClient, customerId: string): Promise<Next | undefined> {
  const { rows } = await tx.query<Next>({
    name: 'crm-next-write',
    text: 'select place, kind, effect_key, request, correlation_id, traceparent, intended from customer_write where customer_id = $1 order by place limit 1',
    values: [customerId],
  });
  return rows[0];
}

/**
 * Takes erased customers out of their orders. The order stays as what was sold, the person goes.
 * 1. An order that somebody still has to deliver or to charge keeps whom it is for until the ERP and the OMS know it, and no write is
 *    without its outcome: then nobody needs it here, and its next state says so to whoever reads states (newest per key).
 * 2. Whatever comes to a forgotten order later, such as a refund with its reason, has it forgotten again.
 * 3. What others were told by a command they are told to forget by a command; what the broker holds of ours goes from there.
 */
import { redactEffects } from '@steward/adapter-kit';
import { cancelOrder, type Contract, exportOrder, order, placeOrder, refundPayment, requestReturn, stockReservation } from '@steward/contracts';
import { erasedError, forgetMessages, redactPerson, withoutPersonal } from '@steward/event-bus';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import { happen, type HappenParts } from '../order/happen';
import { effectKinds } from '../saga/input';

export const forgetEveryMs = 2_000;
const atOnce = 100;
/** An order that was being written while its customer was erased may have missed the mark. */
const lookAgainMs = 3_600_000;

/** Returns how many orders have forgotten somebody. */
export async function forgetOrders(database: Pick<Database, 'query' | 'transaction'>, parts: HappenParts, signal: AbortSignal): Promise<number> {
  const now = parts.clock.now();
  const due = await database.query<{ order_id: string }>(
    `select order_id from (
        select s.order_id, s.step from saga s where s.to_forget
        union
        select s.order_id, s.step from erased_customer e join saga s on s.customer_id = e.customer_id where e.erased_at > $1 and s.forgotten_version is null
      ) s where ${forgettable} order by order_id limit $2`,
    [new Date(now - lookAgainMs), atOnce],
  );
  let count = 0;
  for (const { order_id: orderId } of due) {
    if (signal.aborted) break;
    try {
      if (await database.transaction((tx) => forgetOrder(tx, orderId, parts))) count += 1;
    } catch (error) {
      parts.logger.error({ err: error, orderId }, 'an erased customer could not be taken out of an order');
    }
  }
  await forgetUndecided(database);
  return count;
}

const forgettable = `s.step in ('confirmed', 'completed', 'rejected', 'cancelled')
  and not exists (select from effect e where e.kind = any('{${effectKinds.join(',')}}') and (e.key = s.order_id or (e.key > s.order_id || ':' and e.key < s.order_id || ';')) and e.settled_at is null)`;

async function forgetOrder(tx: PoolClient, orderId: string, parts: HappenParts): Promise<boolean> {
  // Its lock first, as everywhere; it may have moved on since it was found.
  const { rowCount } = await tx.query(`select from saga s where order_id = $1 and ${forgettable} for update`, [orderId]);
  if (rowCount !== 1) return false;
  await happen(tx, [{ orderId, input: { kind: 'forget' } }], parts);
  const said = await saidOf(tx, orderId);
  await redactPerson(tx, [
    { contract: order as Contract, keys: [orderId] },
    { contract: stockReservation as Contract, keys: [orderId] },
    { contract: exportOrder as Contract, keys: [orderId] },
    { contract: placeOrder as Contract, keys: [orderId] },
    { contract: cancelOrder as Contract, keys: [orderId] },
    { contract: refundPayment as Contract, keys: said.filter(({ entity }) => entity === refundPayment.entity).map(({ key }) => key) },
    { contract: requestReturn as Contract, keys: said.filter(({ entity }) => entity === requestReturn.entity).map(({ key }) => key) },
  ]);
  await forgetMessages(tx, 'oms', [{ contract: exportOrder as Contract, keys: [orderId] }]);
  await redactEffects(tx, await writesOf(tx, orderId), withoutPerson);
  await tx.query('update saga set to_forget = false, forgotten_version = version where order_id = $1', [orderId]);
  return true;
}

/** Letters of what was asked for under ids of its own: its body names the order. */
async function saidOf(tx: PoolClient, orderId: string): Promise<{ entity: string; key: string }[]> {
  const { rows } = await tx.query<{ entity: string; key: string }>(
    `select entity, key from dead_letter where entity = any($1::text[]) and key is not null and position(convert_to($2, 'UTF8') in body) > 0`,
    [[refundPayment.entity, requestReturn.entity], JSON.stringify(orderId)],
  );
  return rows;
}

async function writesOf(tx: PoolClient, orderId: string): Promise<{ kind: string; key: string }[]> {
  const { rows } = await tx.query<{ kind: string; key: string }>(`select kind, key from effect where kind = any($1::text[]) and (key = $2 or (key > $2 || ':' and key < $2 || ';'))`, [effectKinds, orderId]);
  return rows;
}

/** Of a write that has its outcome: which order, how much. The token of a payment method is spent, the reason of a refund is the shopper's. */
function withoutPerson(request: unknown): unknown {
  const { order: placed, paymentMethodToken: _token, reason: _reason, ...rest } = request as { order?: unknown; paymentMethodToken?: unknown; reason?: unknown };
  return placed === undefined ? rest : { ...rest, order: withoutPersonal(placeOrder as Contract, placed) };
}

/** Orders that were never decided, since their message was given up: nobody will deliver them. An open letter may still be redriven. */
async function forgetUndecided(database: Pick<Database, 'query' | 'transaction'>): Promise<void> {
  const rows = await database.query<{ key: string }>(
    `select d.key from dead_letter d join erased_customer e on e.customer_id = substring(encode(d.body, 'escape') from '"customerId":"([^"]+)"')
      where d.entity = $1 and d.key is not null and d.state = 'discarded' and d.error <> $2 limit $3`,
    [placeOrder.entity, erasedError, atOnce],
  );
  if (rows.length > 0) await database.transaction((tx) => redactPerson(tx, [{ contract: placeOrder as Contract, keys: rows.map(({ key }) => key) }]));
}

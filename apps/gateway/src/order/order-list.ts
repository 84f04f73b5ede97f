/**
 * A customer's orders, the newest first. What was accepted here and what the order service tells of are one list: after a restore of this
 * database the first may lack what the second has, and what is in both is of the time at which it was accepted here last.
 */
import type { Database } from '@steward/platform';
import { refuseErased } from '../customer/erased';
import { afterOf, cursorOf, nameOfList, type Position } from '../listing/cursor';
import { findOrders, type FoundOrder } from './order.queries';

export interface OrderPage {
  readonly items: readonly { readonly order: FoundOrder; readonly cursor: string }[];
  /** Cursor of the page behind it; null when this is the last. */
  readonly next: string | null;
  readonly isFirst: boolean;
}

/** `after`: a cursor as the client gave it, of this customer's list; null or undefined for the first page. */
export async function ordersOf(database: Database, customerId: string, first: number, after: unknown): Promise<OrderPage> {
  const list = nameOfList(['orders', customerId]);
  const position = afterOf(list, 'timestamptz', after);
  await refuseErased(database, customerId);
  const positions = await positionsOf(database, customerId, first + 1, position);
  const shown = positions.slice(0, first);
  const cursors = new Map(shown.map((each) => [each.id, cursorOf(list, each)]));
  const items = (await findOrders(database, [...cursors.keys()])).map((order) => ({ order, cursor: cursors.get(order.state.orderId) ?? '' }));
  const last = shown.at(-1);
  return { items, next: positions.length > first && last !== undefined ? cursorOf(list, last) : null, isFirst: position === null };
}

/** Each branch ends at its own limit, so a page costs the same however many orders there are. */
async function positionsOf(database: Database, customerId: string, most: number, after: Position | null): Promise<Position[]> {
  const rows = await database.query<{ id: string; at: Date }>(
    {
      name: 'order-list',
      // An index can't hold the order service's instant as one; its text is the gateway's own, in UTC, and sorts as well.
      text: `
        (select order_id as id, accepted_at as at from accepted_order
         where customer_id = $1 and ($2::text is null or (accepted_at, order_id) < ($2::text::timestamptz, $3)) order by accepted_at desc, order_id desc limit $4)
        union all
        (select key, placed_at::timestamptz from stored_part
         where customer_id = $1 and ($2::text is null or (placed_at, key) < ($2::text, $3))
           and not exists (select from accepted_order where order_id = key) order by placed_at desc, key desc limit $4)
        order by at desc, id desc limit $4`,
    },
    [customerId, after?.key ?? null, after?.id ?? '', most],
  );
  return rows.map(({ id, at }) => ({ key: at.toISOString(), id }));
}

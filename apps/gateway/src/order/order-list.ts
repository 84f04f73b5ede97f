/**
 * A customer's orders, the newest first. What was accepted here and what the order service tells of are one list: after a restore of this
 * database the first may lack what the second has. Ids are UUIDs of version 7, so their order is the order of their time.
 */
import type { Database } from '@steward/platform';
import { refuseErased } from '../customer/erased';
import { afterOf, cursorOf, nameOfList } from '../listing/cursor';
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
  const position = afterOf(list, after);
  await refuseErased(database, customerId);
  const ids = await idsOf(database, customerId, first + 1, position?.id ?? null);
  const shown = ids.slice(0, first);
  const cursor = (id = ''): string => cursorOf(list, { key: null, id });
  const items = (await findOrders(database, shown)).map((order) => ({ order, cursor: cursor(order.state.orderId) }));
  return { items, next: ids.length > first ? cursor(shown.at(-1)) : null, isFirst: position === null };
}

/** Each branch ends at its own limit, so a page costs the same however many orders there are. */
async function idsOf(database: Database, customerId: string, most: number, after: string | null): Promise<string[]> {
  const rows = await database.query<{ id: string }>(
    {
      name: 'order-list',
      text: `
        (select order_id as id from accepted_order where customer_id = $1 and ($2::text is null or order_id < $2) order by order_id desc limit $3)
        union
        (select key from stored_part where entity = 'order' and data ->> 'customerId' = $1 and ($2::text is null or key < $2) order by key desc limit $3)
        order by id desc limit $3`,
    },
    [customerId, after, most],
  );
  return rows.map(({ id }) => id);
}

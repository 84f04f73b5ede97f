import type { Fulfilment, Order, OrderReturn } from '@steward/contracts';
import type { Database } from '@steward/platform';
import type { OrderParts, OrderState } from './order-view';

export interface FoundOrder extends OrderParts {
  /** Grows with each change of any part. */
  readonly version: number;
  /** null of a guest's, and of a customer's who is erased: what was sold stays, and is nobody's to look at. */
  readonly customerId: string | null;
  /** Who it is for; for the customer alone. null until the order service has taken it up. */
  readonly contact: Pick<Order, 'email' | 'shippingAddress'> | null;
  /** null of an order that was not accepted here. */
  readonly token: { readonly salt: Buffer; readonly hash: Buffer } | null;
}

interface Row {
  erased: boolean;
  customer_id: string | null;
  token_salt: Buffer | null;
  token_hash: Buffer | null;
  placed: OrderState | null;
  data: Order | null;
  revision: number | null;
  parts: ({ entity: 'fulfilment'; revision: number; data: Fulfilment } | { entity: 'order-return'; revision: number; data: OrderReturn })[];
}

/** Of the orders that `asked` has as order_id, in the order of their place. */
const find = (asked: string): string => `
  select a.customer_id, a.token_salt, a.token_hash, a.placed, p.data, p.revision::float8 as revision,
    exists (select from stored_part c where c.entity = 'customer' and c.key = coalesce(p.customer_id, a.customer_id) and c.data is null) as erased,
    (select coalesce(json_agg(json_build_object('entity', part.entity, 'revision', part.revision, 'data', part.data) order by part.key), '[]')
     from stored_part part where part.order_id = asked.order_id) as parts
  from ${asked} asked (order_id, place)
  left join accepted_order a using (order_id)
  left join stored_part p on p.entity = 'order' and p.key = asked.order_id
  order by asked.place`;

// One by one apart from many: of a list whose length it learns each time PostgreSQL makes a plan each time, and each news of an order is
// one read of one. The plan cost seven times what the reading did.
const findOne = { name: 'order-find', text: find('(select $1::text, 1)') };
const findMany = { name: 'orders-find', text: find('unnest($1::text[]) with ordinality') };

// PostgreSQL has no text with NUL in it, so neither has an id.
const canBe = (id: string): boolean => !id.includes('\0');

/** undefined when there is none, or its owner has removed it. */
export async function findOrder(database: Database, orderId: string): Promise<FoundOrder | undefined> {
  const [row] = canBe(orderId) ? await database.query<Row>(findOne, [orderId]) : [];
  return row && toFound(row);
}

/** Those that there are, as they were asked for. */
export async function findOrders(database: Database, orderIds: readonly string[]): Promise<FoundOrder[]> {
  const rows = await database.query<Row>(findMany, [orderIds.filter(canBe)]);
  return rows.flatMap((row) => toFound(row) ?? []);
}

function toFound(row: Row): FoundOrder | undefined {
  const state = row.data ?? row.placed;
  if (state === null) return undefined;
  const revision = row.data === null ? 0 : (row.revision ?? 0);
  return {
    state,
    revision,
    version: row.parts.reduce((sum, part) => sum + part.revision, revision),
    shipments: row.parts.flatMap((part) => (part.entity === 'fulfilment' ? [part.data] : [])),
    returns: row.parts.flatMap((part) => (part.entity === 'order-return' ? [part.data] : [])),
    customerId: row.erased ? null : (state.customerId ?? row.customer_id),
    contact: row.data === null ? null : { email: row.data.email, shippingAddress: row.data.shippingAddress },
    token: row.token_salt === null || row.token_hash === null ? null : { salt: row.token_salt, hash: row.token_hash },
  };
}

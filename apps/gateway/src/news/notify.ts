import type { PoolClient } from 'pg';

/** Names what has changed of somebody's own: an order, a reservation, a customer. Whoever waits for it reads it. */
export const NEWS_CHANNEL = 'news';

export const orderKey = (orderId: string): string => `order/${orderId}`;
export const reservationKey = (reservationId: string): string => `reservation/${reservationId}`;
export const customerKey = (customerId: string): string => `customer/${customerId}`;

/** NOTIFY takes at most 7,999 bytes, an id has up to 255 bytes of UTF-8. */
const KEYS_PER_NOTICE = 25;

/** In the transaction of the change, so that whoever is woken can read it. One statement, however many notices: a pending NOTIFY takes a database-wide lock at commit. */
export async function notifyNews(tx: PoolClient, keys: readonly string[]): Promise<void> {
  if (keys.length === 0) return;
  const notices = Array.from({ length: Math.ceil(keys.length / KEYS_PER_NOTICE) }, (_, index) => JSON.stringify(keys.slice(index * KEYS_PER_NOTICE, (index + 1) * KEYS_PER_NOTICE)));
  await tx.query({ name: 'news-notify', text: `select pg_notify('${NEWS_CHANNEL}', notice) from unnest($1::text[]) as n (notice)`, values: [notices] });
}

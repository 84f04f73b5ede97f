import { retire } from '@steward/event-bus';
import { stage } from '../fixtures/api.fixture.spec';
import { gatewayRetentions } from './retentions';

it('O6: the gateway’s own rows go when they are as old as is said, and idempotency keys never', async () => {
  const { database, close } = await stage();
  try {
    const ages = [['young', '1 minute'], ['old', '31 days']] as const;
    for (const [name, age] of ages) {
      await database.query(`insert into document_change (changed_at, product_ids, revisions) values (now() - $1::interval, array[$2], '{1}')`, [age, name]);
      await database.query(`insert into cart_reservation (reservation_id, token_salt, token_hash, lines, expires_at) values ($2, '', '', '[]', now() - $1::interval)`, [age, name]);
      await database.query('insert into cancellation values ($2, now() - $1::interval)', [age, name]);
      await database.query(`insert into webhook (endpoint, order_id, message_id, next_at, given_up_at) values ('https://shop.example', $2, gen_random_uuid(), now(), now() - $1::interval)`, [age, name]);
      await database.query(`insert into idempotency (identity, operation, key_hash, request_hash, resource_id, answering_until, created_at) values ('guest', 'place-order', $2, '', '', now(), now() - $1::interval)`, [age, name]);
    }
    await database.query(`insert into webhook (endpoint, order_id, message_id, next_at, created_at) values ('https://shop.example', 'waiting', gen_random_uuid(), now(), now() - interval '31 days')`);
    for (const retention of gatewayRetentions) expect([retention.table, await retire(database, retention, Date.now())]).toEqual([retention.table, 1]);
    const left = await database.query(`select (select string_agg(array_to_string(product_ids, ''), ' ') from document_change) as changes, (select string_agg(order_id, ' ') from cancellation) as cancellations, (select string_agg(reservation_id, ' ') from cart_reservation) as reservations,
      (select string_agg(order_id, ' ' order by order_id) from webhook) as webhooks, (select count(*)::int from idempotency) as keys`);
    expect(left).toEqual([{ changes: 'young', cancellations: 'young', reservations: 'young', webhooks: 'waiting young', keys: 2 }]);
  } finally {
    await close();
  }
});

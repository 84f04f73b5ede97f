// The ways to hold one piece of a hot SKU for each of many shoppers. All end in the same: a unit that is held once, a row that says for
// whom, and a message in the outbox.
import type { Shop } from './shop';

export interface Way {
  readonly name: string;
  /** How many of these run at the same time. */
  readonly workers: number;
  /** Decides on some requests; answers how many. */
  readonly turn: (shop: Shop) => Promise<number>;
}

/** What waits together is decided together, as the service's durable hands it out. */
export const coalesced = (batch: number): Way => ({
  name: 'coalesced',
  workers: 2,
  turn: async ({ database, handleAll, nextRequest }) => {
    const requests = Array.from({ length: batch }, nextRequest);
    await database.transaction((tx) => handleAll(tx, requests));
    return batch;
  },
});

/** The same code, each request on its own: what coalescing alone makes of it. */
export const oneByOne = (workers: number): Way => ({
  name: 'one by one',
  workers,
  turn: async ({ database, handleAll, nextRequest }) => {
    const request = nextRequest();
    await database.transaction((tx) => handleAll(tx, [request]));
    return 1;
  },
});

// As little as it takes by hand, in a single statement that commits by itself: no allocation, no ledger beside its sum, no state of it.
const update = `
  with held as (update naive_stock set left_over = left_over - $3 where sku = $2 and left_over >= $3 returning sku),
    noted as (insert into naive_reservation (order_id, sku, quantity) select $1, sku, $3 from held returning order_id)
  insert into outbox (message_id, entity, key, kind, type, subject, revision, event_time, body)
  select uuidv7(), 'stock-reservation', $1, 'state', 'bench', 'bench', 1, now(), json_build_object('orderId', $1::text, 'held', exists (select from noted))::text`;

export const oneUpdate = (workers: number): Way => ({
  name: 'one update by hand',
  workers,
  turn: async ({ database, nextRequest }) => {
    const { key, data } = nextRequest();
    await database.query({ name: 'bench-update', text: update }, [key, data.lines[0]?.sku, 1]);
    return 1;
  },
});

export const naiveTables = ['create table naive_stock (sku text primary key, left_over int not null)', 'create table naive_reservation (order_id text primary key, sku text not null, quantity int not null)'];

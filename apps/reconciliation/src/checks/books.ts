/**
 * Rules over what orders, payments, stock and prices say of each other (S7). Each is one statement over this service's own projections:
 * $1 = keys or null, $2 = the key after which a page begins, $3 = its size.
 */
import { order, payment, reservedStock, stockReservation } from '@steward/contracts';
import { type BooksCheck, defineCheck } from '../check/define-check';

const paged = (key: string): string => `($1::text[] is null or ${key} = any($1::text[])) and ${key} collate "C" > $2 order by ${key} collate "C" limit $3`;
const living = (alias: string, entity: string): string => `${alias}.entity = '${entity}' and ${alias}.data is not null`;
const amount = (alias: string, field: string): string => `(${alias}.data ->> '${field}')::bigint`;

/** Money without an order is money that belongs to somebody else. */
const capturedWithoutOrder = defineCheck<BooksCheck>({
  kind: 'books', name: 'captured without order', contract: payment, entities: ['payment', 'order'], repair: 'never',
  rule: 'Money was captured and not given back, and there is no order that it is for.',
  breaches: `
    select p.key, json_build_object('status', p.data ->> 'status', 'captured', ${amount('p', 'capturedAmount')}, 'refunded', ${amount('p', 'refundedAmount')}) as left,
      json_build_object('status', o.data ->> 'status') as right, (${amount('p', 'capturedAmount')} - ${amount('p', 'refundedAmount')})::float8 as amount, p.data ->> 'currency' as currency, null::float8 as units
    from stored_part p left join stored_part o on ${living('o', 'order')} and o.key = p.key
    where ${living('p', 'payment')} and ${amount('p', 'capturedAmount')} > ${amount('p', 'refundedAmount')}
      and (o.key is null or o.data ->> 'status' in ('REJECTED', 'CANCELLED')) and ${paged('p.key')}`,
});

const orderWithoutMoney = defineCheck<BooksCheck>({
  kind: 'books', name: 'order without money', contract: order, entities: ['order', 'payment'], repair: 'never',
  rule: 'An order was confirmed, and no money is authorized or captured for it.',
  breaches: `
    select o.key, json_build_object('status', o.data ->> 'status', 'gross', (o.data -> 'totals' ->> 'grossAmount')::bigint) as left,
      json_build_object('status', p.data ->> 'status') as right, (o.data -> 'totals' ->> 'grossAmount')::float8 as amount, o.data ->> 'currency' as currency, null::float8 as units
    from stored_part o left join stored_part p on ${living('p', 'payment')} and p.key = o.key
    where ${living('o', 'order')} and (o.data ->> 'status' = 'CONFIRMED' or (o.data ->> 'status' = 'COMPLETED' and o.data -> 'fulfilment' ->> 'status' <> 'NONE'))
      and (o.data -> 'totals' ->> 'grossAmount')::bigint > 0
      and (p.key is null or p.data ->> 'status' in ('NONE', 'PENDING', 'REQUIRES_ACTION', 'FAILED', 'VOIDED')) and ${paged('o.key')}`,
});

const moneyOfOrders = defineCheck<BooksCheck>({
  kind: 'books', name: 'money of an order', contract: order, entities: ['order', 'payment'], repair: 'never',
  rule: 'An order and its payment say different sums.',
  breaches: `
    select o.key, json_build_object('captured', (o.data -> 'payment' ->> 'capturedAmount')::bigint, 'refunded', (o.data -> 'payment' ->> 'refundedAmount')::bigint) as left,
      json_build_object('captured', ${amount('p', 'capturedAmount')}, 'refunded', ${amount('p', 'refundedAmount')}) as right,
      abs((o.data -> 'payment' ->> 'capturedAmount')::bigint - (o.data -> 'payment' ->> 'refundedAmount')::bigint - ${amount('p', 'capturedAmount')} + ${amount('p', 'refundedAmount')})::float8 as amount,
      o.data ->> 'currency' as currency, null::float8 as units
    from stored_part o join stored_part p on ${living('p', 'payment')} and p.key = o.key
    where ${living('o', 'order')}
      and ((o.data -> 'payment' ->> 'capturedAmount')::bigint <> ${amount('p', 'capturedAmount')} or (o.data -> 'payment' ->> 'refundedAmount')::bigint <> ${amount('p', 'refundedAmount')}) and ${paged('o.key')}`,
});

/** What is held for nobody can't be sold to anybody (S2). */
const reservationOfFinishedOrder = defineCheck<BooksCheck>({
  kind: 'books', name: 'reservation of a finished order', contract: stockReservation, entities: ['stock-reservation', 'order'], repair: 'never',
  rule: 'Stock is held for an order that needs none any more.',
  breaches: `
    select r.key, json_build_object('status', r.data ->> 'status') as left, json_build_object('status', o.data ->> 'status') as right, null::float8 as amount, null::text as currency,
      (select sum((line ->> 'quantity')::bigint) from json_array_elements(r.data -> 'lines') line)::float8 as units
    from stored_part r join stored_part o on ${living('o', 'order')} and o.key = r.key
    where ${living('r', 'stock-reservation')} and r.data ->> 'status' in ('held', 'exported')
      and (o.data ->> 'status' in ('REJECTED', 'CANCELLED') or (o.data ->> 'status' = 'COMPLETED' and r.data ->> 'status' = 'held')) and ${paged('r.key')}`,
});

/** Of an order that is under way some may have left: its share is between nothing and everything that it was given (S2). */
const ledgerSums = defineCheck<BooksCheck>({
  kind: 'books', name: 'sums of reservations', contract: reservedStock, entities: ['reserved-stock', 'stock-reservation'], repair: 'never',
  rule: 'What is said to be reserved at a place is not the sum of what its reservations hold there.',
  breaches: `
    with held as (
      select (line ->> 'sku') || '@' || (share ->> 'location') as key, sum((share ->> 'quantity')::bigint) as most,
        sum((share ->> 'quantity')::bigint) filter (where r.data ->> 'status' = 'held' or o.data -> 'fulfilment' ->> 'status' = 'NONE') as least
      from stored_part r cross join json_array_elements(r.data -> 'lines') line cross join json_array_elements(line -> 'allocations') share
      left join stored_part o on ${living('o', 'order')} and o.key = r.key
      where ${living('r', 'stock-reservation')} and r.data ->> 'status' in ('held', 'exported') group by 1
    ), sums as (
      select coalesce(s.key, h.key) as key, coalesce(${amount('s', 'reserved')}, 0) as reserved, coalesce(h.least, 0) as least, coalesce(h.most, 0) as most
      from held h full join (select key, data from stored_part where entity = 'reserved-stock' and data is not null) s on s.key = h.key
    )
    select s.key, json_build_object('reserved', s.reserved) as left, json_build_object('least', s.least, 'most', s.most) as right, null::float8 as amount, null::text as currency,
      greatest(s.least - s.reserved, s.reserved - s.most)::float8 as units
    from sums s where s.reserved not between s.least and s.most and ${paged('s.key')}`,
});

/** S5: an entry that this service never heard of at that revision proves nothing. */
const pricesOfOrders = defineCheck<BooksCheck>({
  kind: 'books', name: 'prices of an order', contract: order, entities: ['order', 'price'], repair: 'never',
  rule: 'A line was charged at another amount than the entry of the price list that it names.',
  breaches: `
    select o.key, json_build_object('lines', json_agg(json_build_object('line', line ->> 'lineId', 'unit', (line ->> 'unitAmount')::bigint) order by line ->> 'lineId')) as left,
      json_build_object('lines', json_agg(json_build_object('line', line ->> 'lineId', 'unit', s.amount) order by line ->> 'lineId')) as right,
      sum(abs((line ->> 'unitAmount')::bigint - s.amount) * (line ->> 'quantity')::bigint)::float8 as amount, o.data ->> 'currency' as currency, null::float8 as units
    from stored_part o cross join json_array_elements(o.data -> 'lines') line
    join price_said s on s.price_id = line ->> 'priceId' and s.revision = (line ->> 'priceRevision')::bigint
    where ${living('o', 'order')} and o.data ->> 'status' <> 'REJECTED'
      and (s.amount <> (line ->> 'unitAmount')::bigint or s.sku <> line ->> 'sku' or s.currency <> o.data ->> 'currency')
      and ($1::text[] is null or o.key = any($1::text[])) and o.key collate "C" > $2
    group by o.key, o.data ->> 'currency' order by o.key collate "C" limit $3`,
});

export const books: readonly BooksCheck[] = [capturedWithoutOrder, orderWithoutMoney, moneyOfOrders, reservationOfFinishedOrder, ledgerSums, pricesOfOrders];

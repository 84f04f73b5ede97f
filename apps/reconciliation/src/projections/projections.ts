/** What the business checks compare with each other: kept by this service itself, so that no check asks a busy owner for everything. */
import { order, payment, price, type Price, reservedStock, stockReservation } from '@steward/contracts';
import { defineProjection, type Projection, type StateChange } from '@steward/event-bus';
import type { PoolClient } from 'pg';

/** The stored parts are all of it. */
const nothingElse = async (): Promise<void> => undefined;

export const projections: readonly Projection[] = [
  defineProjection({ builds: 'orders', contract: order, apply: nothingElse }),
  defineProjection({ builds: 'payments', contract: payment, apply: nothingElse }),
  defineProjection({ builds: 'reservations', contract: stockReservation, apply: nothingElse }),
  defineProjection({ builds: 'reserved', contract: reservedStock, apply: nothingElse }),
  defineProjection<Price>({ builds: 'prices', contract: price, apply: rememberPrices }),
];

/** A state tells only what holds now; what an entry said before is kept beside it. */
async function rememberPrices(tx: PoolClient, changes: readonly StateChange<Price>[]): Promise<void> {
  const said = changes.flatMap(({ key, revision, data, envelope }) => (data === null ? [] : [{ key, revision, at: envelope.time, ...data }]));
  await tx.query({
    name: 'reconciliation-prices',
    text: `insert into price_said (price_id, revision, sku, currency, amount, said_at)
      select * from unnest($1::text[], $2::bigint[], $3::text[], $4::text[], $5::bigint[], $6::timestamptz[]) on conflict do nothing`,
    values: [said.map(({ key }) => key), said.map(({ revision }) => revision), said.map(({ sku }) => sku), said.map(({ currency }) => currency), said.map(({ amount }) => amount), said.map(({ at }) => at)],
  });
}

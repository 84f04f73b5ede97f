/** S3: what the reads of shipments and stock levels mean for the ledger, in the transactions that announce them. */
import { type AdapterContext, type AfterRead, type LeasedLoop, storeHints } from '@steward/adapter-kit';
import { shipment, stockLevel } from '@steward/contracts';
import { expireReservations } from './end';
import { unsettledKeys } from './leaving.store';
import { seeShipments, settleShipments } from './ship';
import { tell } from './tell';

const expireEveryMs = 1_000;
const expireAtOnce = 200;
const lookAgainEveryMs = 5_000;
const lookAgainAtOnce = 500;

export function followFeeds({ clock, source }: Pick<AdapterContext, 'clock' | 'source'>): Readonly<Record<string, AfterRead>> {
  const lagMs = lagOf(source);
  return {
    [shipment.entity]: async (tx, _read, keys) => tell(tx, await seeShipments(tx, keys, new Date(clock.now()))),
    [stockLevel.entity]: async (tx, read, keys) => tell(tx, await settleShipments(tx, keys, read, lagMs, new Date(clock.now()))),
  };
}

/** S2: time ends what nobody has asked to be exported. */
export const expiry: LeasedLoop<AdapterContext> = {
  name: 'expired reservations',
  everyMs: expireEveryMs,
  run: async ({ database, clock, assertLease }, signal) => {
    for (let ended = expireAtOnce; ended === expireAtOnce && !signal.aborted; ) {
      ended = await database.transaction(async (tx) => {
        await assertLease(tx);
        const changes = await expireReservations(tx, new Date(clock.now()), expireAtOnce);
        await tell(tx, changes);
        return changes.reservations.length;
      });
    }
  },
};

/**
 * Stock levels that nobody reads by themselves: goods left, the level fell long before that was known, and nothing has changed since.
 * A hint like a webhook's has them read.
 */
export const recount: LeasedLoop<AdapterContext> = {
  name: 'stock levels of what has left',
  everyMs: lookAgainEveryMs,
  run: async ({ database, clock, source }) => {
    const keys = await unsettledKeys(database.pool, new Date(clock.now() - lagOf(source)), lookAgainAtOnce);
    await storeHints(database, keys.map((key) => ({ entity: stockLevel.entity, key })), new Date(clock.now()));
  },
};

const lagOf = ({ feeds }: AdapterContext['source']): number => feeds.find(({ contract }) => contract.entity === stockLevel.entity)?.pace.safetyLagMs ?? 0;

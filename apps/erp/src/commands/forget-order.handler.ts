import { redactEffects } from '@steward/adapter-kit';
import { type Contract, exportOrder, forgetOrder, stockReservation } from '@steward/contracts';
import { defineHandler, type Handler, redactPerson, withoutPersonal } from '@steward/event-bus';
import { StewardError } from '@steward/platform';
import { saidNothing } from '../reservation/end';
import { tell } from '../reservation/tell';

/** Whom a sale was for, and what the ERP said of it in its own words, go; that it was sold stays, so that it is sold once. */
export const forgetOrderHandler: Handler = defineHandler({
  builds: 'sales',
  contract: forgetOrder,
  handle: async (tx, { key }) => {
    const { rows } = await tx.query<{ kind: string; key: string; settled: boolean }>(
      `select kind, key, settled_at is not null as settled from effect where kind in ('sale', 'cancel-sale') and (key = $1 or (key > $1 || ' ' and key < $1 || '!'))`,
      [key],
    );
    // It could have to be sent again, with its address.
    if (rows.some(({ settled }) => !settled)) throw new StewardError('EFFECT_OPEN', `the ERP has not answered for ${key}`);
    await tell(tx, await saidNothing(tx, key));
    await redactPerson(tx, [exportOrder, stockReservation].map((contract) => ({ contract: contract as Contract, keys: [key] })));
    await redactEffects(tx, rows, withoutPerson);
  },
});

/** A cancellation names no person. */
const withoutPerson = (request: unknown): unknown => ('reference' in (request as object) ? request : withoutPersonal(exportOrder as Contract, request));

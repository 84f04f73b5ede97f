/** An order without the person it is for: who bought what, and what became of it, stays. What other systems said in their own words may name them. */
import { type Contract, placeOrder } from '@steward/contracts';
import { withoutPersonal } from '@steward/event-bus';
import type { KeptOrder, Saga } from './saga';

const erased = 'erased';

/** The very same object when nothing of the person was left. */
export function forget(saga: Saga): Saga {
  if (saga.order === null) return saga;
  const { money, stock, cases } = saga;
  const { authorization } = money;
  const forgotten: Saga = {
    ...saga,
    order: withoutPersonal(placeOrder as Contract, saga.order) as KeptOrder,
    money: {
      ...money,
      token: null,
      authorization: authorization.kind === 'failed' ? { ...authorization, reason: erased } : authorization.kind === 'action' ? { ...authorization, actionUrl: 'https://erased.invalid/' } : authorization,
      refunds: money.refunds.map((refund) => ({ ...refund, reason: erased })),
    },
    stock: { ...stock, exportRefusal: stock.exportRefusal && { ...stock.exportRefusal, reason: erased } },
    cases: cases.map(({ code }) => ({ code, message: erased })),
  };
  return JSON.stringify(forgotten) === JSON.stringify(saga) ? saga : forgotten;
}

import { collections } from '../records/collections';
import { missedTotal, orderBody, orderRecord } from '../records/order.wire';
import { jsonProblem } from '../vendor/json-api';
import type { SheetKind } from './sheets';

/** The OMS takes what adds up, and lets go of an order until it is closed. */
export const orderSheets: SheetKind = {
  spec: collections.orders,
  body: orderBody,
  prefix: 'OM',
  openState: 'open',
  objection: (record) => {
    const sum = missedTotal(orderRecord.parse(record));
    return sum === undefined ? undefined : jsonProblem(422, 'total_mismatch', `the sums and the freight are ${sum}, the total says ${String(record['total'])}`);
  },
  bound: ({ state }) => (state === 'open' ? undefined : jsonProblem(409, 'not_open', `it is ${String(state)}`)),
};

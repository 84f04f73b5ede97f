import { placeOrder } from '@steward/contracts';
import { defineBatchHandler, type Handler } from '@steward/event-bus';
import type { PromiseKeys } from '../promise/promise-keys.client';
import { verifyOrder } from '../promise/verify-order';
import { happen, type HappenParts } from './happen';

/** A batch is one decision after the other and one write: at a sale the orders come in hundreds. */
export function placeOrderHandler(parts: HappenParts & { readonly keys: PromiseKeys }): Handler {
  return defineBatchHandler({
    builds: 'orders',
    contract: placeOrder,
    handleAll: async (tx, commands) => {
      const verdicts = await Promise.all(commands.map(({ data }) => verifyOrder(data, parts.keys)));
      const placed = commands.map(({ data, envelope }, index) => ({
        orderId: data.orderId,
        input: { kind: 'place-order' as const, order: data, verdict: verdicts[index] ?? unreachable() },
        traceparent: envelope.traceparent,
        causationId: envelope.id,
      }));
      await happen(tx, placed, parts);
    },
  });
}

function unreachable(): never {
  throw new TypeError('an order without a verdict');
}

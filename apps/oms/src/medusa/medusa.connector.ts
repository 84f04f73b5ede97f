import { defineConnector } from '@steward/adapter-kit';
import { envTypes } from '@steward/platform';
import { z } from 'zod';
import type { OmsSource, Written } from '../effects/ports';
import { medusaClient } from './medusa.client';
import type { MedusaOrder } from './medusa.wire';
import { toMedusaOrder } from './translate';

/**
 * Medusa 2 as an OMS. Nothing is read by the time of an order's last change: it stands still while payments are captured. What we
 * want to know we ask for by our own number, which Medusa gives once.
 */
export const medusaConnector = defineConnector({
  vendor: 'medusa',
  env: {
    STEWARD_MEDUSA_URL: envTypes.httpUrl.describe('http(s)://host[:port] of Medusa 2 with the plugin medusa-plugin-steward'),
    STEWARD_MEDUSA_API_KEY: z.string().min(1).describe('secret API key of Medusa (sk_…)'),
    STEWARD_MEDUSA_SALES_CHANNEL: z.string().min(1).optional().describe("id of the sales channel that orders get (sc_…); without it the default one of Medusa's store"),
  },
  // It places about ten orders a second in one process; what is sent faster waits there.
  limits: { concurrency: 8, perSecond: 50, deadlineMs: 15_000, attemptMs: 15_000 },
  open: ({ env, http }): OmsSource => {
    const client = medusaClient(http, { url: env.STEWARD_MEDUSA_URL, apiKey: env.STEWARD_MEDUSA_API_KEY });
    const cancelled = (reference: string): Written => ({ kind: 'confirmed', answer: { reference } });
    return {
      feeds: [],
      // Medusa tells nobody but its own process of what happens in it, and forgets it with that process: so it is asked.
      cancelledSince: client.cancelledSince,
      desk: {
        settleMs: 2_000, // it reads where it writes
        place: {
          submit: async ({ orderId, order }, { signal }) => {
            const placed = await client.place(toMedusaOrder(order, env.STEWARD_MEDUSA_SALES_CHANNEL), signal);
            return placed.kind === 'placed' ? toWritten(placed.order, orderId) : placed;
          },
          look: async ({ orderId, order }, { signal }) => {
            const found = await client.byNumber(order.number, signal);
            return found === undefined ? { kind: 'absent' } : toWritten(found, orderId);
          },
        },
        cancel: {
          submit: async ({ reference }, { signal }) => {
            const answer = await client.cancel(reference, signal);
            // It says no to whom it has said yes before, too.
            return answer.kind === 'cancelled' || (await client.isCancelled(reference, signal)) ? cancelled(reference) : answer;
          },
          look: async ({ reference }, { signal }) => ((await client.isCancelled(reference, signal)) ? cancelled(reference) : { kind: 'absent' }),
        },
      },
    };
  },
});

/** Metadata are anybody's to edit in Medusa, the number isn't: only another order's id says that this is another order. */
function toWritten({ id, number, steward_order_id: owner }: MedusaOrder, orderId: string): Written {
  return owner === null || owner === orderId ? { kind: 'confirmed', answer: { reference: id } } : { kind: 'refused', code: 'number_taken', reason: `${number} is another order of Medusa's` };
}

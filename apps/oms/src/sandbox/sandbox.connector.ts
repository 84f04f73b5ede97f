import { defineConnector } from '@steward/adapter-kit';
import { envTypes } from '@steward/platform';
import { z } from 'zod';
import type { OmsSource, Written } from '../effects/ports';
import { type Posted, sandboxClient } from './sandbox.client';
import type { SandboxOrder } from './sandbox.wire';
import { toSandboxOrder } from './translate';

/** The sandbox as an OMS. It shows an order as soon as it has it. */
export const sandboxConnector = defineConnector({
  vendor: 'sandbox',
  env: {
    STEWARD_SANDBOX_URL: envTypes.httpUrl.describe('http://host:port of the sandbox systems'),
    STEWARD_SANDBOX_TOKEN: z.string().min(1).describe('bearer token of the sandbox'),
  },
  open: ({ env, http }): OmsSource => {
    const client = sandboxClient(http, { url: env.STEWARD_SANDBOX_URL, token: env.STEWARD_SANDBOX_TOKEN });
    return {
      feeds: [],
      desk: {
        settleMs: 2_000,
        place: {
          submit: async ({ order }, call) => toWritten(await client.post('/oms/orders', toSandboxOrder(order), call)),
          look: async ({ order }, { signal }) => {
            const found = await client.byReference(order.number, signal);
            return found ? confirmed(found) : { kind: 'absent' };
          },
        },
        // Saying it twice is as good as once here: the OMS answers with the order as it is.
        cancel: {
          submit: async ({ reference, reason }, call) => toWritten(await client.post(`/oms/orders/${encodeURIComponent(reference)}/cancel`, { reason }, call)),
          look: async ({ reference }, { signal }) => {
            const found = await client.byId(reference, signal);
            return found?.state === 'cancelled' ? confirmed(found) : { kind: 'absent' };
          },
        },
      },
    };
  },
});

const confirmed = ({ id }: SandboxOrder): Written => ({ kind: 'confirmed', answer: { reference: id } });

const toWritten = (posted: Posted): Written => (posted.kind === 'order' ? confirmed(posted.order) : posted);

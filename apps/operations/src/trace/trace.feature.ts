import { type TraceAnswer, type TraceEntry, traceSubject } from '@steward/contracts';
import { z } from 'zod';
import { instant } from '../api/answer';
import type { Feature } from '../api/feature';
import { refused } from '../api/input';
import { defineRoute } from '../api/route';
import { answering, askAll, silentView } from '../flows/all-flows';
import { compareSides, gapView, sideView } from './gaps';

const id = z.string().min(1).max(1_000);

const happening = z
  .object({
    at: instant, service: z.string(), what: z.enum(['announced', 'outbox', 'applied', 'letter', 'effect', 'held']).describe('`outbox` = committed and not published yet.'), entity: z.string(), key: z.string(), revision: z.int().nullable(),
    sequence: z.int().nullable(), messageId: z.string().nullable(), origin: z.string().nullable(), traceparent: z.string().nullable(), summary: z.string(),
  })
  .meta({ id: 'Happening', description: 'One line of a timeline.' }) satisfies z.ZodType<TraceEntry>;

export const traceFeature: Feature = {
  name: 'trace',
  open: ({ ask, clock }) => ({
    routes: [
      defineRoute({
        method: 'GET', path: '/trace', operationId: 'trace', summary: 'One SKU, order or customer across all systems: a timeline, how each side stands, and gaps by name', role: 'viewer',
        query: { sku: id.optional(), orderId: id.optional(), customerId: id.optional() },
        answer: z.object({ timeline: z.array(happening), sides: z.array(sideView), gaps: z.array(gapView), silent: z.array(silentView) }),
        handle: async ({ query }) => {
          const given = Object.entries(query).filter(([, value]) => value !== undefined);
          if (given.length !== 1) throw refused('/sku', `${String(given.length)} of sku, orderId, customerId are given`, 'one of them');
          const { answers, silent } = await askAll<TraceAnswer>(ask, traceSubject, Object.fromEntries(given), 5_000);
          const timeline = answers.flatMap(({ answer }) => answer).toSorted(byTime);
          return { timeline, ...compareSides(timeline, silent.map(({ service }) => service), answering, clock.now()), silent };
        },
      }),
    ],
  }),
};

/** What has one instant is told in the order of its way: first said, then under way, then applied. */
const way: readonly TraceEntry['what'][] = ['announced', 'outbox', 'applied', 'held', 'letter', 'effect'];
function byTime(a: TraceEntry, b: TraceEntry): number {
  return Date.parse(a.at) - Date.parse(b.at) || way.indexOf(a.what) - way.indexOf(b.what);
}

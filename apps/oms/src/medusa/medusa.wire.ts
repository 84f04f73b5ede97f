/** Orders as the plugin in Medusa tells them. Open: a field that is new there is none of our business. */
import { z } from 'zod';

export const orderWire = z.object({ id: z.string().min(1), number: z.string().min(1), steward_order_id: z.string().nullable(), status: z.string() });
export const placedWire = z.object({ order: orderWire });
/** `limit` is how many a page holds; a shorter one is the last. */
export const pageWire = z.object({ orders: z.array(orderWire), limit: z.number().int().positive() });
export const foundWire = pageWire.pick({ orders: true });
/** Of Medusa's own routes, which tell much more. */
export const stateWire = z.object({ order: z.object({ id: z.string().min(1), status: z.string() }) });
/** What Medusa says no with; where nobody listens it answers with a page for people. */
export const problemWire = z.object({ type: z.string(), message: z.string() }).partial();

export type MedusaOrder = z.output<typeof orderWire>;

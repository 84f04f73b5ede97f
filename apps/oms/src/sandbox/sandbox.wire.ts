/** Orders as the sandbox's OMS has them. Open: a field that is new there is none of our business. */
import { z } from 'zod';

export const orderWire = z.object({ id: z.string().min(1), reference: z.string().min(1), state: z.string() });
export const pageWire = z.object({ items: z.array(orderWire) });
export const problemWire = z.object({ error: z.object({ code: z.string(), message: z.string() }) });

export type SandboxOrder = z.output<typeof orderWire>;

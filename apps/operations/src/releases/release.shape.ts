import type { Release } from '@steward/contracts';
import { z } from 'zod';

const name = z.string({ error: 'text of 1 to 300 characters' }).min(1).max(300);
const entity = z.string().regex(/^[a-z][a-z0-9-]{0,99}$/, { error: 'the name of an entity' });
const major = z.int({ error: 'a whole number from 1' }).min(1);

/** As STEWARD_DESCRIBE_ONLY prints it. */
export const releaseShape: z.ZodType<Release> = z.strictObject({
  service: name,
  version: z.string().regex(/^[0-9A-Za-z][0-9A-Za-z._+-]{0,99}$/, { error: 'letters, digits, . _ + -' }),
  produces: z.array(z.strictObject({ entity, major })).max(500),
  reads: z.array(z.strictObject({ entity, major, from: z.array(name).max(100) })).max(500),
  migrations: z.array(name).max(2_000),
  processes: z.array(name).min(1).max(20),
});

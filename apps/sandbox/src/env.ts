import { z } from 'zod';
import { asSystem } from './records/systems';
import type { Subscriber } from './vendor/webhooks.client';

/** `pim=http://…/webhooks/sandbox,erp=http://…`; a system may be named more than once. */
const subscribers = z
  .string()
  .default('')
  .transform((text, context): Subscriber[] => {
    const parts = text.split(',').map((part) => part.trim()).filter((part) => part !== '');
    return parts.flatMap((part, index) => {
      const [system = '', ...rest] = part.split('=');
      const url = rest.join('=');
      try {
        if (/^https?:$/.test(new URL(url).protocol)) return [{ system: asSystem(system), url }];
      } catch {
        // Told below, together with a wrong protocol.
      }
      context.addIssue({ code: 'custom', message: `entry ${index + 1} is not a subscriber; accepted: <system>=http://host:port/path, several joined by commas` });
      return [];
    });
  });

export const sandboxShape = {
  STEWARD_SANDBOX_PORT: z.coerce.number().int().min(0).max(65_535).default(4200),
  STEWARD_SANDBOX_HOST: z.string().min(1).default('127.0.0.1'),
  /** A folder for the journal; without it every start is empty. */
  STEWARD_SANDBOX_DATA: z.string().min(1).optional(),
  STEWARD_SANDBOX_TOKEN: z.string().min(1).default('sandbox-token'),
  STEWARD_SANDBOX_WEBHOOKS: subscribers,
  STEWARD_SANDBOX_WEBHOOK_SECRET: z.string().min(1).default('sandbox-secret'),
  /** Vendor calls per second and system; twice as many may come at once. 0 = no limit. */
  STEWARD_SANDBOX_RATE_LIMIT: z.coerce.number().int().min(0).default(200),
};

export type SandboxEnv = Readonly<z.output<z.ZodObject<typeof sandboxShape>>>;

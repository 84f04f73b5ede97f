import { serviceEnv } from '@steward/platform';
import { z } from 'zod';

export const operationsEnv = {
  ...serviceEnv,
  NATS_PROVISIONER_URL: z.url({ protocol: /^(nats|tls)$/ }).describe('nats://user:password@host:port of the account that holds the streams'),
  NATS_SYSTEM_URL: z
    .url({ protocol: /^(nats|tls)$/ })
    .optional()
    .describe('nats://user:password@host:port of the system account, to attest sync_interval; without it the broker counts as lazy'),
  STEWARD_PROVISIONER_EVERY_MS: z.coerce.number().int().min(100).max(600_000).default(60_000).describe('milliseconds between two inspections of the broker, 100 to 600000'),
  STEWARD_STREAM_REPLICAS: z.coerce.number().int().min(1).max(5).default(1).describe('copies of each stream: 1 on one machine, 3 in a cluster'),
};

export type OperationsEnv = Readonly<z.output<z.ZodObject<typeof operationsEnv>>>;

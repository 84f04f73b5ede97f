import { envTypes, issuerEnv, neededInProduction, serviceEnv } from '@steward/platform';
import { z } from 'zod';

export const operationsEnv = {
  ...serviceEnv,
  STEWARD_OPERATIONS_PORT: envTypes.port.default(4310).describe('port of the API of operations, 0 to 65535; 0 takes a free one'),
  STEWARD_OPERATIONS_HOST: z.string().min(1).default('127.0.0.1').describe('address to listen on; 0.0.0.0 in a container'),
  STEWARD_OPERATIONS_RATE_LIMIT: z.coerce.number().int().min(0).max(1_000_000_000).default(3_000).describe('requests that an operator may make in a minute; 0 = no limit'),
  ...issuerEnv,
  STEWARD_AUDIT_OWNER_URL: envTypes.postgresUrl
    .optional()
    .describe('postgres://user:password@host:port/database of the role that owns the audit tables, so that the role of DATABASE_URL can only add to them; in development the service makes them itself without it, and takes the rights from itself')
    .register(neededInProduction, { why: 'who can change what stands in the audit is not who acts' }),
  STEWARD_OPERATIONS_WEBHOOKS: envTypes.httpUrl.optional().describe('http(s) addresses that are told of passed deadlines, of what came back and of critical cases, several separated by commas'),
  STEWARD_OPERATIONS_WEBHOOK_SECRETS: z.string().min(1).optional().describe('what these webhooks are signed with: whsec_<base64>, several separated by commas while one replaces another'),
  NATS_PROVISIONER_URL: envTypes.natsUrl.describe('nats://user:password@host:port of the account that holds the streams, several separated by commas'),
  NATS_SYSTEM_URL: envTypes.natsUrl
    .optional()
    .describe('nats://user:password@host:port of the system account, to attest sync_interval; without it the broker counts as lazy'),
  STEWARD_PROVISIONER_EVERY_MS: z.coerce.number().int().min(100).max(600_000).default(60_000).describe('milliseconds between two inspections of the broker, 100 to 600000'),
  STEWARD_STREAM_REPLICAS: z.coerce.number().int().min(1).max(5).default(1).describe('copies of each stream: 1 on one machine, 3 in a cluster'),
};

export type OperationsEnv = Readonly<z.output<z.ZodObject<typeof operationsEnv>>>;

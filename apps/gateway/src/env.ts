import { serviceEnv, type EnvOf } from '@steward/platform';
import { z } from 'zod';

const { NATS_URL, ...withoutBroker } = serviceEnv;

export const projectorEnv = { ...withoutBroker, NATS_URL };
export type ProjectorEnv = EnvOf<typeof projectorEnv>;

/** The API process has no broker: what it reads is in its database and in its memory. */
export const apiEnv = {
  ...withoutBroker,
  STEWARD_GATEWAY_PORT: z.coerce.number().int().min(0).max(65_535).default(4000).describe('port of the storefront, 0 to 65535; 0 takes a free one'),
  STEWARD_GATEWAY_HOST: z.string().min(1).default('127.0.0.1').describe('address to listen on; 0.0.0.0 in a container'),
  STEWARD_GATEWAY_DOCUMENTS: z.string().min(1).optional().describe('path of a JSON file of trusted GraphQL documents, id → document'),
  STEWARD_GATEWAY_FREE_DOCUMENTS: z.enum(['on', 'off']).optional().describe('on | off; off in production mode unless set'),
};
export type ApiEnv = EnvOf<typeof apiEnv>;

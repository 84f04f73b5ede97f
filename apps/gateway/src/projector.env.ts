import { envTypes, senderEnv, serviceEnv, type EnvOf } from '@steward/platform';
import { z } from 'zod';

export const projectorEnv = {
  ...serviceEnv,
  ...senderEnv,
  STEWARD_GATEWAY_WEBHOOKS: envTypes.httpUrl.optional().describe("http(s) addresses of the shop's systems that are told of each change of an order, several separated by commas"),
  STEWARD_GATEWAY_WEBHOOK_SECRETS: z.string().min(1).optional().describe('what webhooks are signed with: whsec_<base64>, several separated by commas while one replaces another'),
};

export type ProjectorEnv = EnvOf<typeof projectorEnv>;

import { envTypes, type EnvOf, senderEnv, serviceEnv } from '@steward/platform';

export const reconciliationEnv = {
  ...serviceEnv,
  ...senderEnv,
  STEWARD_GATEWAY_URL: envTypes.httpUrl.optional().describe('http(s)://host:port of the storefront, whose pages are compared with each other; without it they are not'),
  STEWARD_RECONCILIATION_SETTLE_MS: envTypes.milliseconds(100, 3_600_000).optional().describe('instead of the settle times of the contracts: for a rehearsal, 100 to 3600000'),
};

export type ReconciliationEnv = EnvOf<typeof reconciliationEnv>;

import { defineConnector, defineFeed, hmacVerifier } from '@steward/adapter-kit';
import { stockLevel } from '@steward/contracts';
import { envTypes } from '@steward/platform';
import { z } from 'zod';
import { rewind, sandboxClient } from './sandbox.client';
import { stockWire, webhookWire } from './sandbox.wire';
import { keyOf, toStockLevel } from './translate';

const env = {
  STEWARD_SANDBOX_URL: envTypes.httpUrl.describe('http://host:port of the sandbox systems'),
  STEWARD_SANDBOX_TOKEN: z.string().min(1).describe('bearer token of the sandbox'),
  STEWARD_SANDBOX_WEBHOOK_SECRET: z.string().min(1).describe('secret with which the sandbox signs its webhooks'),
};

export const sandboxConnector = defineConnector({
  vendor: 'sandbox',
  env,
  open: ({ env: settings, http }) => {
    const client = sandboxClient(http, { url: settings.STEWARD_SANDBOX_URL, token: settings.STEWARD_SANDBOX_TOKEN, path: '/erp/stock' });
    return {
      feeds: [
        defineFeed({
          contract: stockLevel,
          wire: stockWire,
          keyOf,
          translate: toStockLevel,
          versionOf: ({ version }) => version,
          rawKeyOf: (raw) => textOf(raw, 'id'),
          stampOf: (raw) => stampOf(raw),
          // The overlap is longer than a transaction of the sandbox is likely to be held open; the pass finds what was longer.
          pace: { pollEveryMs: 1_000, overlapMs: 60_000, overlapEveryMs: 5_000, fullPassEveryMs: 30_000, safetyLagMs: 1_000 },
          ...client,
          rewind,
        }),
      ],
      webhook: {
        path: '/webhooks/sandbox',
        verify: hmacVerifier({ secret: settings.STEWARD_SANDBOX_WEBHOOK_SECRET, signatureHeader: 'x-sandbox-signature', timestampHeader: 'x-sandbox-timestamp', prefix: 'sha256=' }),
        hints: (body) => webhookWire.parse(body).events.filter(({ collection }) => collection === 'stock').map(({ id, at }) => ({ entity: stockLevel.entity, key: id, mark: `${at}#` })),
      },
    };
  },
});

/** Two changes may share a millisecond, no two share a version; the webhook only knows the time, so the time comes first. */
function stampOf(raw: unknown): string | undefined {
  const at = textOf(raw, 'modifiedAt');
  const { version } = raw as { version?: unknown };
  return at !== undefined && typeof version === 'number' ? `${at}#${version}` : undefined;
}

function textOf(raw: unknown, field: string): string | undefined {
  const value = typeof raw === 'object' && raw !== null ? (raw as Readonly<Record<string, unknown>>)[field] : undefined;
  return typeof value === 'string' && value !== '' ? value : undefined;
}

/**
 * The sandbox as a vendor. Its systems share one API, so an adapter only names its collections and how to translate them.
 *
 * 1. Cursor = (modifiedAt, id). A record may become visible after later ones did; the overlap re-read finds it.
 * 2. Deleted records vanish without a trace; a webhook or the full pass tells.
 * 3. `version` counts the writes of a collection: what has a lower one is older (O7).
 */
import { defineConnector, defineFeed, type Feed, hmacVerifier, type Page, type ResilientHttp } from '@steward/adapter-kit';
import type { Contract } from '@steward/contracts';
import { envTypes } from '@steward/platform';
import { z } from 'zod';
import { rewind, type SandboxClient, sandboxClient } from './sandbox.client';
import { webhookWire } from './sandbox.wire';

export interface SandboxFeed<Item extends { version: number } = { version: number }, Data = unknown> {
  /** `<system>/<collection>`, as in the sandbox's addresses. */
  readonly collection: `${string}/${string}`;
  readonly contract: Contract<Data>;
  readonly wire: z.ZodType<Item>;
  readonly keyOf: (item: Item) => string;
  readonly translate: (item: Item) => Data;
  /** Whether a record is of any interest yet; all are where this is absent. What passes by here is as if it were not there. */
  readonly concerns?: (raw: unknown) => boolean;
}

/** What else of the vendor's API an adapter needs is asked through this. */
export interface SandboxAccess {
  readonly http: ResilientHttp;
  /** `http://host:port` */
  readonly url: string;
  readonly headers: Readonly<Record<string, string>>;
}

const env = {
  STEWARD_SANDBOX_URL: envTypes.httpUrl.describe('http://host:port of the sandbox systems'),
  STEWARD_SANDBOX_TOKEN: z.string().min(1).describe('bearer token of the sandbox'),
  STEWARD_SANDBOX_WEBHOOK_SECRET: envTypes.secrets().describe('secret with which the sandbox signs its webhooks; several separated by commas while one replaces another'),
};

// The overlap is longer than a transaction of the sandbox is likely to be held open; the pass finds what was longer.
const pace: Feed['pace'] = { pollEveryMs: 1_000, overlapMs: 60_000, overlapEveryMs: 5_000, fullPassEveryMs: 30_000, safetyLagMs: 1_000 };

/** Checks the types of a literal; collections of different shapes then fit into one list (see `defineFeed`). */
export function sandboxCollection<Item extends { version: number }, Data>(feed: SandboxFeed<Item, Data>): SandboxFeed {
  return feed as unknown as SandboxFeed;
}

/** `opens` adds to the feeds what the adapter can do besides reading them. */
export function defineSandboxConnector<More extends object = object>(collections: readonly SandboxFeed[], opens?: (access: SandboxAccess) => More) {
  const entityOf = new Map(collections.map(({ collection, contract }) => [nameOf(collection), contract.entity]));
  return defineConnector({
    vendor: 'sandbox',
    env,
    open: ({ env: settings, http }) => ({
      ...(opens?.({ http, url: settings.STEWARD_SANDBOX_URL, headers: { authorization: `Bearer ${settings.STEWARD_SANDBOX_TOKEN}` } }) as More),
      feeds: collections.map((feed) =>
        defineFeed({
          contract: feed.contract,
          wire: feed.wire,
          keyOf: feed.keyOf,
          translate: feed.translate,
          versionOf: ({ version }) => version,
          rawKeyOf: (raw) => textOf(raw, 'id'),
          stampOf,
          pace,
          ...concerning(feed, sandboxClient(http, { url: settings.STEWARD_SANDBOX_URL, token: settings.STEWARD_SANDBOX_TOKEN, path: `/${feed.collection}` })),
          rewind,
        }),
      ),
      webhook: {
        path: '/webhooks/sandbox',
        verify: hmacVerifier({ secrets: settings.STEWARD_SANDBOX_WEBHOOK_SECRET, signatureHeader: 'x-sandbox-signature', timestampHeader: 'x-sandbox-timestamp', prefix: 'sha256=' }),
        hints: (body) =>
          webhookWire.parse(body).events.flatMap(({ collection, id, at }) => {
            const entity = entityOf.get(collection);
            return entity === undefined ? [] : [{ entity, key: id, mark: `${at}#` }];
          }),
      },
    }),
  });
}

function concerning({ concerns }: SandboxFeed, client: SandboxClient): SandboxClient {
  if (concerns === undefined) return client;
  // Without its total: that counts what passes by, and a pass that accounts for less is taken for a truncated one (X6).
  const filtered = ({ total: _total, ...page }: Page): Page => ({ ...page, items: page.items.filter(concerns) });
  return {
    changes: async (...asked) => filtered(await client.changes(...asked)),
    all: async (...asked) => filtered(await client.all(...asked)),
    byKeys: async (...asked) => (await client.byKeys(...asked)).filter(concerns),
  };
}

const nameOf = (collection: string): string => collection.slice(collection.indexOf('/') + 1);

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

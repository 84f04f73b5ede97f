import type { MercuriusContext } from 'mercurius';
import type { Clock } from '@steward/platform';
import type { CachedDocument, Rendered } from '../document-cache/cached-document';
import type { DocumentCache } from '../document-cache/document-cache';
import type { LiveFreshness } from '../freshness/live-freshness';
import { afterOf, cursorOf, firstOf } from '../storefront/arguments';
import type { Context } from '../storefront/context';

/** What one GraphQL answer was made from: it says whether the answer may be kept, for how long, and what is degraded in it. */
export interface Execution {
  context: Context;
  used: { cached: CachedDocument; rendered: Rendered }[];
  /** Lists and misses depend on more than the documents they show. */
  storable: boolean;
}

declare module 'mercurius' {
  /** Mercurius adds its own to the context object, so ours is one member of it. */
  interface MercuriusContext {
    execution: Execution;
  }
}

export interface Reading {
  cache: DocumentCache;
  freshness: LiveFreshness;
  clock: Clock;
}

export function resolvers({ cache, freshness, clock }: Reading) {
  const show = (cached: CachedDocument, execution: Execution) => {
    const rendered = cached.rendered(execution.context.language, freshness, clock.now());
    execution.used.push({ cached, rendered });
    return rendered.view;
  };
  return {
    Query: {
      product: async (_root: unknown, { sku }: { sku: string }, { execution }: MercuriusContext) => {
        const cached = cache.peek(sku) ?? (await findOrNothing(cache, sku));
        if (cached !== undefined) return show(cached, execution);
        execution.storable = false;
        return null;
      },
      products: async (_root: unknown, args: { first?: number | null; after?: string | null }, { execution }: MercuriusContext) => {
        const after = afterOf(args.after);
        const page = await cache.page(firstOf(args.first), after);
        execution.storable = false;
        const nodes = page.documents.map((cached) => show(cached, execution));
        const edges = nodes.map((node) => ({ cursor: cursorOf(node.id), node }));
        return {
          nodes,
          edges,
          pageInfo: {
            hasNextPage: page.hasNext,
            hasPreviousPage: after !== null,
            startCursor: edges[0]?.cursor ?? null,
            endCursor: edges.at(-1)?.cursor ?? null,
          },
        };
      },
    },
    Product: { attributes: listed },
    Variant: { attributes: listed },
  };
}

/** PostgreSQL has no text with NUL in it, so neither has a product. */
async function findOrNothing(cache: DocumentCache, sku: string): Promise<CachedDocument | undefined> {
  return sku.includes('\0') ? undefined : cache.find(sku);
}

function listed({ attributes }: { attributes: Readonly<Record<string, string | number | boolean | string[]>> }) {
  return Object.entries(attributes).map(([name, value]) => ({ name, values: Array.isArray(value) ? value : [String(value)] }));
}

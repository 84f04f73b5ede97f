import type { FastifyReply, FastifyRequest } from 'fastify';
import type { MercuriusContext } from 'mercurius';
import { showCategories, type CategoryView, type ShownCategories } from '../category/category-view';
import type { CategoryNode } from '../category/tree';
import type { CachedDocument, Rendered } from '../document-cache/cached-document';
import type { Addresses } from '../feeds/addresses';
import { jsonLdText } from '../feeds/json-ld';
import { criteriaOf } from '../listing/criteria';
import type { ProductView } from '../product/product-view';
import { incompleteList } from '../listing/listings';
import { firstOf } from '../storefront/arguments';
import type { Context } from '../storefront/context';
import type { Reading } from '../storefront/reading';

/** What one GraphQL answer was made from: it says whether the answer may be kept, for how long, and what is degraded in it. */
export interface Execution {
  context: Context;
  used: { cached: CachedDocument; rendered: Rendered }[];
  shownCategories: ShownCategories[];
  /** Degraded beyond the products and categories that are shown. */
  degraded: { field: string; reason: string }[];
  /** Lists and misses depend on more than the documents they show. */
  storable: boolean;
  /** Made for whoever asks: nobody may keep it on the way. */
  personal: boolean;
  request: FastifyRequest;
  reply: FastifyReply;
  /** Aborted when a reader has left. */
  signal: AbortSignal;
}

declare module 'mercurius' {
  /** Mercurius adds its own to the context object, so ours is one member of it. */
  interface MercuriusContext {
    execution: Execution;
  }
}

interface ListArguments {
  first?: number | null;
  after?: string | null;
  category?: string | null;
  search?: string | null;
  filter?: { attributes?: { name: string; values: string[] }[] | null; availability?: string[] | null } | null;
  sort?: string | null;
}

export function resolvers(reading: Reading, addresses: Addresses) {
  const { cache, listings, categories, freshness, clock } = reading;
  const show = (cached: CachedDocument, execution: Execution) => {
    const rendered = cached.rendered(execution.context, reading, clock.now());
    execution.used.push({ cached, rendered });
    return rendered.view;
  };
  const showNodes = (nodes: readonly CategoryNode[], execution: Execution): CategoryView[] => {
    const shown = showCategories(nodes, execution.context.language, { known: freshness.current, tree: categories.tree }, clock.now());
    execution.shownCategories.push(shown);
    return shown.categories;
  };
  return {
    Query: {
      product: async (_root: unknown, { sku }: { sku: string }, { execution }: MercuriusContext) => {
        const cached = cache.peek(sku) ?? (await cache.find(sku));
        if (cached !== undefined) return show(cached, execution);
        execution.storable = false;
        return null;
      },
      products: async (_root: unknown, args: ListArguments, { execution }: MercuriusContext) => {
        execution.storable = false;
        const { category, search, filter, sort } = args;
        const criteria = criteriaOf({ categoryId: category, search, sort, attributes: filter?.attributes ?? [], availability: filter?.availability ?? [] });
        const { items, hasNext, incomplete, after } = await listings.page(criteria, execution.context, firstOf(args.first), args.after);
        if (incomplete) execution.degraded.push(incompleteList);
        const edges = items.map(({ cached, cursor }) => ({ cursor, node: show(cached, execution) }));
        return {
          nodes: edges.map(({ node }) => node),
          edges,
          pageInfo: {
            hasNextPage: hasNext,
            hasPreviousPage: after !== null,
            startCursor: edges[0]?.cursor ?? null,
            endCursor: edges.at(-1)?.cursor ?? null,
          },
        };
      },
      categories: (_root: unknown, _args: unknown, { execution }: MercuriusContext) => showNodes(categories.tree.roots, execution),
      category: (_root: unknown, { id }: { id: string }, { execution }: MercuriusContext) => {
        const node = categories.tree.find(id);
        return node === undefined ? null : (showNodes([node], execution)[0] ?? null);
      },
    },
    Product: {
      attributes: listed,
      jsonLd: (view: ProductView, _args: unknown, { execution }: MercuriusContext) => jsonLdText(view, execution.context.market, addresses),
    },
    Variant: { attributes: listed },
  };
}

function listed({ attributes }: { attributes: Readonly<Record<string, string | number | boolean | string[]>> }) {
  return Object.entries(attributes).map(([name, value]) => ({ name, values: Array.isArray(value) ? value : [String(value)] }));
}

/**
 * Pages of products. Invariants:
 *   1. Which products stand on a page, and in which order, is PostgreSQL's answer of at most a second ago; what is shown of each is the
 *      cache's, so a list and a page never say different things of a product.
 *   2. When PostgreSQL can't be asked, the page is the one it named last, provided that all its products are in memory (I7).
 */
import { LRUCache } from 'lru-cache';
import { RejectedError, type Clock } from '@steward/platform';
import type { LiveCategories } from '../category/live-categories';
import { idsBelow } from '../category/tree';
import type { CachedDocument } from '../document-cache/cached-document';
import type { DocumentCache } from '../document-cache/document-cache';
import type { Context } from '../storefront/context';
import type { Criteria } from './criteria';
import { afterOf, cursorOf, nameOfList } from './cursor';
import type { ListedPage, ListQuestion } from './listing.queries';

const MOST_PAGES = 2_000;
/** Caches in front of us may answer for five; many shoppers who look at the same page cost one statement a second. */
const REMEMBERED_MS = 1_000;

export interface ListItem {
  cached: CachedDocument;
  cursor: string;
}

export interface ShownPage {
  items: ListItem[];
  hasNext: boolean;
  /** Not null when the page is not the first. */
  after: string | null;
}

interface Remembered {
  readonly askedAt: number;
  readonly page: Promise<ListedPage>;
}

export class Listings {
  private readonly pages = new LRUCache<string, Remembered>({ max: MOST_PAGES });

  constructor(private readonly parts: { read: (question: ListQuestion) => Promise<ListedPage>; cache: DocumentCache; categories: LiveCategories; clock: Clock }) {}

  /** `after`: a cursor as the client gave it, null or undefined for the first page. */
  async page(criteria: Criteria, context: Context, first: number, after: unknown): Promise<ShownPage> {
    const list = nameOfList([criteria, shownIn(criteria, context)]);
    const position = afterOf(list, after);
    const categoryIds = this.categoryIds(criteria.categoryId);
    const name = JSON.stringify([list, first, position]);
    const { positions, hasNext } = await this.remembered(name, (now) => this.parts.read({ criteria, categoryIds, context, now, first, after: position }));
    const found = await Promise.all(positions.map(async (each) => ({ cached: await this.parts.cache.find(each.productId), cursor: cursorOf(list, each) })));
    return { items: found.flatMap(({ cached, cursor }) => (cached === undefined ? [] : [{ cached, cursor }])), hasNext, after: position === null ? null : String(after) };
  }

  private async remembered(name: string, read: (now: number) => Promise<ListedPage>): Promise<ListedPage> {
    const now = this.parts.clock.now();
    const last = this.pages.get(name);
    if (last !== undefined && now < last.askedAt + REMEMBERED_MS) return last.page;
    // Whoever asks meanwhile waits for the same answer; a failed one gives way to the page before it.
    const page = read(now).catch((error: unknown) => {
      if (last === undefined) this.pages.delete(name);
      else return last.page;
      throw error;
    });
    this.pages.set(name, { askedAt: now, page });
    return page;
  }

  private categoryIds(categoryId: string | null): string[] | null {
    if (categoryId === null) return null;
    const node = this.parts.categories.tree.find(categoryId);
    if (node === undefined) throw unknownCategory(categoryId);
    return idsBelow(node);
  }
}

export function unknownCategory(categoryId: string): RejectedError {
  return new RejectedError('GATEWAY_CATEGORY_UNKNOWN', `no category ${JSON.stringify(categoryId.slice(0, 100))}`, { place: '/category', accepted: "a category's id" });
}

/** What of the context decides membership or order. */
function shownIn({ sort, search }: Criteria, { language, market, currency, customerGroup }: Context): unknown {
  return [sort === 'NAME' || search !== null ? language : null, sort === 'PRICE' || sort === 'PRICE_DESC' ? [market, currency, customerGroup] : null];
}

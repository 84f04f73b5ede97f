/**
 * Pages of products. Invariants:
 *   1. Which products stand on a page, and in which order, is PostgreSQL's answer of at most a second ago; what is shown of each is the
 *      cache's, so a list and a page never say different things of a product.
 *   2. When PostgreSQL can't be asked, the page is the one it named last, else one made of the documents in memory, which says so (I7).
 */
import { LRUCache } from 'lru-cache';
import { RejectedError, type Clock } from '@steward/platform';
import { idsBelow } from '../category/tree';
import type { CachedDocument, Surroundings } from '../document-cache/cached-document';
import type { DocumentCache } from '../document-cache/document-cache';
import type { Context } from '../storefront/context';
import type { Criteria } from './criteria';
import { afterOf, cursorOf, nameOfList } from './cursor';
import { listInMemory } from './list-in-memory';
import { keyTypes, type ListedPage, type ListQuestion } from './listing.queries';

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
  /** Made of the documents in memory only: products may be missing. */
  incomplete: boolean;
  /** Not null when the page is not the first. */
  after: string | null;
}

interface Answered extends ListedPage {
  incomplete: boolean;
}

interface Remembered {
  readonly askedAt: number;
  readonly page: Promise<Answered>;
}

export class Listings {
  private readonly pages = new LRUCache<string, Remembered>({ max: MOST_PAGES });

  constructor(private readonly parts: Surroundings & { read: (question: ListQuestion) => Promise<ListedPage>; cache: DocumentCache; clock: Clock }) {}

  /** `after`: a cursor as the client gave it, null or undefined for the first page. */
  async page(criteria: Criteria, context: Context, first: number, after: unknown): Promise<ShownPage> {
    const list = nameOfList([criteria, shownIn(criteria, context)]);
    const position = afterOf(list, keyTypes[criteria.sort], after);
    const categoryIds = this.categoryIds(criteria.categoryId);
    const name = JSON.stringify([list, first, position]);
    const { positions, hasNext, incomplete } = await this.answer(name, { criteria, categoryIds, context, now: this.parts.clock.now(), first, after: position });
    const found = await Promise.all(positions.map(async (each) => ({ cached: await this.parts.cache.find(each.id), cursor: cursorOf(list, each) })));
    const items = found.flatMap(({ cached, cursor }) => (cached === undefined ? [] : [{ cached, cursor }]));
    return { items, hasNext, incomplete, after: position === null ? null : String(after) };
  }

  /** Whoever asks meanwhile waits for the same answer. */
  private answer(name: string, question: ListQuestion): Promise<Answered> {
    const last = this.pages.get(name);
    if (last !== undefined && question.now < last.askedAt + REMEMBERED_MS) return last.page;
    const page = this.parts.read(question).then(
      (listed) => ({ ...listed, incomplete: false }),
      async (error: unknown) => {
        if (last !== undefined) return last.page;
        const inMemory = listInMemory(this.parts.cache.kept, question, this.parts);
        if (inMemory === undefined) throw error;
        return { ...inMemory, incomplete: true };
      },
    );
    this.pages.set(name, { askedAt: question.now, page });
    // What failed, or was made of memory, is no page to fall back on.
    const forget = () => void (this.pages.get(name)?.page === page && this.pages.delete(name));
    void page.then(({ incomplete }) => incomplete && forget(), forget);
    return page;
  }

  private categoryIds(categoryId: string | null): string[] | null {
    if (categoryId === null) return null;
    const node = this.parts.categories.tree.find(categoryId);
    if (node === undefined) throw unknownCategory(categoryId);
    return idsBelow(node);
  }
}

/** How an answer says that a list was made of the documents in memory. */
export const incompleteList = { field: 'list', reason: 'memory' } as const;

export function unknownCategory(categoryId: string): RejectedError {
  return new RejectedError('GATEWAY_CATEGORY_UNKNOWN', `no category ${JSON.stringify(categoryId.slice(0, 100))}`, { place: '/category', accepted: "a category's id" });
}

/** What of the context decides membership or order. */
function shownIn({ sort, search }: Criteria, { language, market, currency, customerGroup }: Context): unknown {
  return [sort === 'NAME' || search !== null ? language : null, sort === 'PRICE' || sort === 'PRICE_DESC' ? [market, currency, customerGroup] : null];
}

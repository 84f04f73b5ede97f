/**
 * Composed documents in the memory of one API process. Invariants (C11):
 *   1. A fill is kept only if no invalidation heard while it was under way names a higher revision, or everything.
 *   2. An invalidation removes what is older than the revision it names, and nothing newer.
 *   3. Absence is never kept: a product that appears is there at once, and errors are never cached.
 *   4. What is in memory is served whatever the database does; only a key that is not there needs it.
 */
import { LRUCache } from 'lru-cache';
import type { DocumentQueries, Found, Page } from '../product/documents.queries';
import { CachedDocument } from './cached-document';

export interface CachedPage {
  documents: CachedDocument[];
  hasNext: boolean;
}

interface Waiter {
  resolve: (document: CachedDocument | undefined) => void;
  reject: (error: unknown) => void;
}

/** What was invalidated while a fill was under way. */
interface Fill {
  revisions: Map<string, number>;
  everything: boolean;
}

const DEFAULT_MAX_BYTES = 256 * 1024 * 1024;
/** Parsed content, its text and a rendering or two take about this many bytes per character of JSON. */
const BYTES_PER_CHARACTER = 6;
const MOST_SKUS = 500_000;
const MOST_PAGES = 1_000;
const MOST_PER_FILL = 500;
/** More fills at once would only queue for connections; misses meanwhile gather into the next one. */
const MOST_FILLS = 4;

export class DocumentCache {
  private readonly documents: LRUCache<string, CachedDocument>;
  /** A variant's SKU to the product that showed it last; checked against the document at each use. */
  private readonly products = new LRUCache<string, string>({ max: MOST_SKUS });
  /** Pages as last read, for when the database can't be asked. */
  private readonly pages = new LRUCache<string, { productIds: string[]; hasNext: boolean }>({ max: MOST_PAGES });
  private readonly waiting = new Map<string, Waiter[]>();
  private readonly fills = new Set<Fill>();
  private scheduled = false;

  constructor(
    private readonly queries: DocumentQueries,
    maxBytes = DEFAULT_MAX_BYTES,
  ) {
    this.documents = new LRUCache({ maxSize: maxBytes });
  }

  get size(): number {
    return this.documents.size;
  }

  /** From memory only: by product id, or by a SKU that the document still holds. */
  peek(wanted: string): CachedDocument | undefined {
    const own = this.documents.get(wanted);
    if (own !== undefined) return own;
    const productId = this.products.get(wanted);
    if (productId === undefined) return undefined;
    const holder = this.documents.get(productId);
    return holder?.document.skus.includes(wanted) === true ? holder : undefined;
  }

  /** From memory, else from the database together with everything else that is missing in this turn of the event loop. */
  async find(wanted: string): Promise<CachedDocument | undefined> {
    const kept = this.peek(wanted);
    if (kept !== undefined) return kept;
    return new Promise((resolve, reject) => {
      const waiters = this.waiting.get(wanted);
      if (waiters) waiters.push({ resolve, reject });
      else this.waiting.set(wanted, [{ resolve, reject }]);
      this.schedule();
    });
  }

  /** A page is asked of the database each time: its order may have changed by products this process never saw. */
  async page(first: number, after: string | null): Promise<CachedPage> {
    const name = JSON.stringify([first, after]);
    let page: Page;
    try {
      page = await this.fill(() => this.queries.page(first, after), (result) => result.found);
    } catch (error) {
      const last = this.rememberedPage(name);
      if (last !== undefined) return last;
      throw error;
    }
    this.pages.set(name, { productIds: page.found.map((found) => found.document.productId), hasNext: page.hasNext });
    return { hasNext: page.hasNext, documents: page.found.map((found) => this.current(found)) };
  }

  invalidate(productIds: readonly string[], revisions: readonly number[]): void {
    productIds.forEach((productId, index) => {
      const revision = revisions[index] ?? Infinity;
      const kept = this.documents.peek(productId);
      if (kept !== undefined && kept.document.revision < revision) this.documents.delete(productId);
      // The id itself may until now have been looked up as another product's variant.
      this.products.delete(productId);
      for (const fill of this.fills)
        fill.revisions.set(productId, Math.max(revision, fill.revisions.get(productId) ?? 0));
    });
  }

  /** After a lost connection nobody knows what was missed. */
  clear(): void {
    this.documents.clear();
    this.products.clear();
    for (const fill of this.fills) fill.everything = true;
  }

  private rememberedPage(name: string): CachedPage | undefined {
    const page = this.pages.get(name);
    if (page === undefined) return undefined;
    const documents = page.productIds.map((productId) => this.documents.get(productId));
    // A page with holes would silently hide products from whoever walks it.
    return documents.every((document) => document !== undefined) ? { documents, hasNext: page.hasNext } : undefined;
  }

  private schedule(): void {
    if (this.scheduled || this.fills.size >= MOST_FILLS || this.waiting.size === 0) return;
    this.scheduled = true;
    setImmediate(() => {
      this.scheduled = false;
      void this.fillWaiting();
    });
  }

  private async fillWaiting(): Promise<void> {
    const batch = [...this.waiting].slice(0, MOST_PER_FILL);
    for (const [wanted] of batch) this.waiting.delete(wanted);
    this.schedule();
    try {
      const found = await this.fill(() => this.queries.find(batch.map(([wanted]) => wanted)), (result) => result);
      const byWanted = new Map(found.map((entry) => [entry.wanted, this.current(entry)]));
      for (const [wanted, waiters] of batch) for (const waiter of waiters) waiter.resolve(byWanted.get(wanted));
    } catch (error) {
      for (const [, waiters] of batch) for (const waiter of waiters) waiter.reject(error);
    } finally {
      this.schedule();
    }
  }

  private async fill<T>(read: () => Promise<T>, foundIn: (result: T) => readonly Found[]): Promise<T> {
    const fill: Fill = { revisions: new Map(), everything: false };
    this.fills.add(fill);
    try {
      const result = await read();
      for (const found of foundIn(result)) this.keep(found, fill);
      return result;
    } finally {
      this.fills.delete(fill);
    }
  }

  private keep({ wanted, document, contentLength }: Found, fill: Fill): void {
    const { productId, revision } = document;
    const kept = this.documents.peek(productId);
    const newer = kept === undefined || kept.document.revision < revision;
    if (fill.everything || revision < (fill.revisions.get(productId) ?? 0)) return; // invariant 1
    if (newer) this.documents.set(productId, new CachedDocument(document), { size: 1_000 + contentLength * BYTES_PER_CHARACTER });
    if (wanted !== productId) this.products.set(wanted, productId);
  }

  /** The kept document when it is at least as new, so that renderings are shared; else what was just read. */
  private current({ document }: Found): CachedDocument {
    const kept = this.documents.peek(document.productId);
    return kept !== undefined && kept.document.revision >= document.revision ? kept : new CachedDocument(document);
  }
}

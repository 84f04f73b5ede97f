/**
 * Composed documents in the memory of one API process. Invariants (C11):
 *   1. A fill counts as current only if no invalidation heard while it was under way names a higher revision, or everything.
 *   2. An invalidation makes outdated what is older than the revision it names, and nothing newer.
 *   3. Absence is never kept: a product that appears is there at once, and errors are never cached.
 *   4. What is current is served whatever the database does. What is outdated is served only when the database can't be asked, and as
 *      old as it was when it became outdated (I7, O8).
 */
import { LRUCache } from 'lru-cache';
import type { Clock } from '@steward/platform';
import type { LiveFreshness } from '../freshness/live-freshness';
import type { DocumentQueries, Found } from '../product/documents.queries';
import { CachedDocument } from './cached-document';

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
/** Above this share a fill ahead of demand would only push out what was asked for. */
const FULL_AT = 0.9;
const MOST_SKUS = 500_000;
const MOST_PER_FILL = 500;
/** More fills at once would only queue for connections; misses meanwhile gather into the next one. */
const MOST_FILLS = 4;
/** After a failed fill the outdated is served at once for so long: a hanging database must not cost each read its time limit. */
const SPARED_MS = 1_000;

export class DocumentCache {
  private readonly documents: LRUCache<string, CachedDocument>;
  /** A variant's SKU to the product that the database named for it; checked against the document at each use. */
  private readonly products = new LRUCache<string, string>({ max: MOST_SKUS });
  /** Every SKU of every document that was here, for when the database can't be asked which product it is. */
  private readonly holders = new LRUCache<string, string>({ max: MOST_SKUS });
  private readonly waiting = new Map<string, Waiter[]>();
  private readonly fills = new Set<Fill>();
  private scheduled = false;
  private sparedUntil = 0;

  constructor(
    private readonly parts: { queries: Pick<DocumentQueries, 'find'>; freshness: LiveFreshness; clock: Clock },
    private readonly maxBytes = DEFAULT_MAX_BYTES,
  ) {
    this.documents = new LRUCache({ maxSize: maxBytes });
  }

  get size(): number {
    return this.documents.size;
  }

  get full(): boolean {
    return this.documents.calculatedSize > this.maxBytes * FULL_AT;
  }

  /** All that is in memory, outdated or not. */
  get kept(): Iterable<CachedDocument> {
    return this.documents.values();
  }

  /** What is current in memory: by product id, or by a SKU that the document still holds. */
  peek(wanted: string): CachedDocument | undefined {
    const kept = this.documents.get(wanted) ?? this.holderOf(wanted, this.products);
    return kept?.outdated === false ? kept : undefined;
  }

  /** From memory, else from the database together with everything else that is missing in this turn of the event loop. */
  async find(wanted: string): Promise<CachedDocument | undefined> {
    const kept = this.peek(wanted);
    if (kept !== undefined) return kept;
    // PostgreSQL has no text with NUL in it, so neither has a product.
    if (wanted.includes('\0')) return undefined;
    const last = this.lastKnown(wanted);
    if (last !== undefined && this.parts.clock.now() < this.sparedUntil) return last;
    try {
      return await this.ask(wanted);
    } catch (error) {
      const still = this.lastKnown(wanted);
      if (still === undefined) throw error;
      return still;
    }
  }

  /** Reads documents that nobody asked for, for the time when the database can't be. */
  async load(read: () => Promise<Found[]>): Promise<Found[]> {
    return this.fill(read);
  }

  invalidate(productIds: readonly string[], revisions: readonly number[]): void {
    productIds.forEach((productId, index) => {
      const revision = revisions[index] ?? Infinity;
      const kept = this.documents.peek(productId);
      if (kept !== undefined && kept.document.revision < revision) kept.outdate(this.parts.freshness.current);
      // The id itself may until now have been looked up as another product's variant.
      this.products.delete(productId);
      for (const fill of this.fills)
        fill.revisions.set(productId, Math.max(revision, fill.revisions.get(productId) ?? 0));
    });
  }

  /** After a lost connection nobody knows what was missed. */
  invalidateAll(): void {
    for (const kept of this.documents.values()) kept.outdate(this.parts.freshness.current);
    this.products.clear();
    for (const fill of this.fills) fill.everything = true;
  }

  private lastKnown(wanted: string): CachedDocument | undefined {
    return this.documents.get(wanted) ?? this.holderOf(wanted, this.holders);
  }

  private holderOf(sku: string, products: LRUCache<string, string>): CachedDocument | undefined {
    const productId = products.get(sku);
    const holder = productId === undefined ? undefined : this.documents.get(productId);
    return holder?.document.skus.includes(sku) === true ? holder : undefined;
  }

  private ask(wanted: string): Promise<CachedDocument | undefined> {
    return new Promise((resolve, reject) => {
      const waiters = this.waiting.get(wanted);
      if (waiters) waiters.push({ resolve, reject });
      else this.waiting.set(wanted, [{ resolve, reject }]);
      this.schedule();
    });
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
      const found = await this.fill(() => this.parts.queries.find(batch.map(([wanted]) => wanted)));
      const byWanted = new Map(found.map((entry) => [entry.wanted, this.shownOf(entry)]));
      for (const [wanted, waiters] of batch) for (const waiter of waiters) waiter.resolve(byWanted.get(wanted));
    } catch (error) {
      this.sparedUntil = this.parts.clock.now() + SPARED_MS;
      for (const [, waiters] of batch) for (const waiter of waiters) waiter.reject(error);
    } finally {
      this.schedule();
    }
  }

  private async fill(read: () => Promise<Found[]>): Promise<Found[]> {
    const fill: Fill = { revisions: new Map(), everything: false };
    this.fills.add(fill);
    try {
      const found = await read();
      for (const each of found) this.keep(each, fill);
      return found;
    } finally {
      this.fills.delete(fill);
    }
  }

  private keep({ wanted, document, contentLength }: Found, fill: Fill): void {
    const { productId, revision, skus } = document;
    if (fill.everything || revision < (fill.revisions.get(productId) ?? 0)) return; // invariant 1
    const kept = this.documents.peek(productId);
    if (kept === undefined || kept.document.revision < revision) {
      this.documents.set(productId, new CachedDocument(document), { size: 1_000 + contentLength * BYTES_PER_CHARACTER });
      for (const sku of skus) this.holders.set(sku, productId);
    } else if (kept.document.revision === revision) kept.confirm();
    if (wanted !== productId) this.products.set(wanted, productId);
  }

  /** The kept document when it is at least as new, so that renderings are shared; else what was just read. */
  private shownOf({ document }: Found): CachedDocument {
    const kept = this.documents.peek(document.productId);
    return kept !== undefined && kept.document.revision >= document.revision ? kept : new CachedDocument(document);
  }
}

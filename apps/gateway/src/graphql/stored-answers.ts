import { LRUCache } from 'lru-cache';
import type { CachedDocument } from '../document-cache/cached-document';
import type { DocumentCache } from '../document-cache/document-cache';
import type { LiveFreshness } from '../freshness/live-freshness';

export interface Answer {
  body: Buffer;
  etag: string;
  validUntil: number;
  degraded: string;
}

interface Stored extends Answer {
  version: number;
  from: { productId: string; cached: CachedDocument }[];
}

/**
 * Whole GraphQL answers by the exact request. An answer is only as good as what it was made from: it is used while each of its
 * documents is still the one in the cache, no newer progress step is known and time has not made a field stale.
 */
export class StoredAnswers {
  private readonly answers = new LRUCache<string, Stored>({ maxSize: 64 * 1024 * 1024, maxEntrySize: 1024 * 1024 });

  constructor(
    private readonly cache: DocumentCache,
    private readonly freshness: LiveFreshness,
  ) {}

  find(request: string, now: number): Answer | undefined {
    const stored = this.answers.get(request);
    if (stored === undefined) return undefined;
    const good =
      stored.version === this.freshness.version &&
      now <= stored.validUntil &&
      stored.from.every(({ productId, cached }) => this.cache.peek(productId) === cached);
    if (good) return stored;
    this.answers.delete(request);
    return undefined;
  }

  keep(request: string, answer: Answer, from: readonly CachedDocument[]): void {
    const stored: Stored = { ...answer, version: this.freshness.version, from: from.map((cached) => ({ productId: cached.document.productId, cached })) };
    this.answers.set(request, stored, { size: 500 + 2 * request.length + answer.body.length });
  }
}

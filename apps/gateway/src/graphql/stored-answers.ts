import { LRUCache } from 'lru-cache';
import type { CachedDocument } from '../document-cache/cached-document';
import type { Context } from '../storefront/context';
import { versionOf, type Reading } from '../storefront/reading';
import type { Sendable } from '../storefront/send';

/** An answer with the context that it was made for: the document may name one. */
export interface Answer extends Sendable {
  context: Context;
}

interface Stored extends Answer {
  version: number;
  from: { productId: string; cached: CachedDocument }[];
}

/**
 * Whole GraphQL answers by the exact request. An answer is only as good as what it was made from: it is used while each of its
 * documents is still the one in the cache, no newer progress step and no newer tree of categories is known and time has not made a field stale.
 */
export class StoredAnswers {
  private readonly answers = new LRUCache<string, Stored>({ maxSize: 64 * 1024 * 1024, maxEntrySize: 1024 * 1024 });

  constructor(private readonly reading: Reading) {}

  find(request: string, now: number): Answer | undefined {
    const stored = this.answers.get(request);
    if (stored === undefined) return undefined;
    const good =
      stored.version === versionOf(this.reading) &&
      now <= stored.validUntil &&
      stored.from.every(({ productId, cached }) => this.reading.cache.peek(productId) === cached);
    if (good) return stored;
    this.answers.delete(request);
    return undefined;
  }

  keep(request: string, answer: Answer, from: readonly CachedDocument[]): void {
    const stored: Stored = { ...answer, version: versionOf(this.reading), from: from.map((cached) => ({ productId: cached.document.productId, cached })) };
    this.answers.set(request, stored, { size: 500 + 2 * request.length + answer.body.length });
  }
}

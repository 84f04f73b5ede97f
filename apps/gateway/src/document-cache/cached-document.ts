import { createHash } from 'node:crypto';
import type { ProductDocument } from '../product/document';
import { languageOf, toView, type Shown } from '../product/product-view';
import type { LiveFreshness } from '../freshness/live-freshness';

/** An answer as it goes out: made once per document revision, progress step and language. */
export interface Rendered extends Shown {
  language: string | null;
  version: number;
  body: Buffer;
  /** Strong: the bytes' own hash, so equal bytes have equal tags in every process. */
  etag: string;
}

/** A document in memory with its renderings. */
export class CachedDocument {
  private readonly renderings = new Map<string | null, Rendered>();

  constructor(readonly document: ProductDocument) {}

  rendered(asked: string | null, freshness: LiveFreshness, now: number): Rendered {
    // Keyed by the language really shown: what a client asks for can't multiply what is kept.
    const language = languageOf(this.document.content.texts, asked);
    const kept = this.renderings.get(language);
    if (kept !== undefined && kept.version === freshness.version && now <= kept.validUntil) return kept;
    const shown = toView(this.document, language, freshness, now);
    const body = Buffer.from(JSON.stringify(shown.view));
    const rendered = { ...shown, language, version: freshness.version, body, etag: etagOf(body) };
    this.renderings.set(language, rendered);
    return rendered;
  }
}

export function etagOf(body: Buffer | string): string {
  return `"${createHash('sha256').update(body).digest('base64url').slice(0, 27)}"`;
}

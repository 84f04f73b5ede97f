import { hash } from 'node:crypto';
import type { LiveCategories } from '../category/live-categories';
import type { KnownProgress, LiveFreshness } from '../freshness/live-freshness';
import type { ProductDocument } from '../product/document';
import { toView, type Shown } from '../product/product-view';
import type { Context } from '../storefront/context';
import { languageOf } from '../storefront/language';

/** What a rendering is made from besides the document. */
export interface Surroundings {
  freshness: LiveFreshness;
  categories: LiveCategories;
}

/** An answer as it goes out: made once per document revision, progress step and context that makes a difference. */
export interface Rendered extends Shown {
  language: string | null;
  version: number;
  body: Buffer;
  /** Strong: the bytes' own hash, so equal bytes have equal tags in every process. */
  etag: string;
}

/** A document seldom has more; a client that walks languages × groups can't grow it beyond. */
const MOST_RENDERINGS = 16;

/** A document in memory with its renderings. */
export class CachedDocument {
  private readonly renderings = new Map<string, Rendered>();
  private readonly currencies: ReadonlySet<string>;
  private readonly customerGroups: ReadonlySet<string>;
  /** What was known of the feeds when a newer revision was heard of: so old are the answers that this document still gives. */
  private outdatedSince: KnownProgress | undefined;

  constructor(readonly document: ProductDocument) {
    const entries = document.prices.flatMap((sku) => sku.entries);
    this.currencies = new Set(entries.map(({ data }) => data.currency));
    this.customerGroups = new Set(entries.map(({ data }) => data.customerGroup));
  }

  get outdated(): boolean {
    return this.outdatedSince !== undefined;
  }

  outdate(known: KnownProgress): void {
    this.outdatedSince ??= known;
  }

  /** The database says that this is still the newest revision. */
  confirm(): void {
    this.outdatedSince = undefined;
  }

  rendered(context: Context, { freshness, categories }: Surroundings, now: number): Rendered {
    // Keyed by what makes a difference to this document: what a client asks for can't multiply what is kept.
    const language = languageOf(this.document.content.texts, context.language);
    const currency = this.currencies.has(context.currency) ? context.currency : '';
    const customerGroup = this.customerGroups.has(context.customerGroup) ? context.customerGroup : '';
    const key = `${language ?? ''} ${context.market} ${currency} ${customerGroup}`;
    const known = this.outdatedSince ?? freshness.current;
    const version = known.version + categories.version;
    const kept = this.renderings.get(key);
    if (kept !== undefined && kept.version === version && now <= kept.validUntil) return kept;
    const shown = toView(this.document, { ...context, language }, { known, tree: categories.tree }, now);
    const body = Buffer.from(JSON.stringify(shown.view));
    const rendered = { ...shown, language, version, body, etag: etagOf(body) };
    if (this.renderings.size >= MOST_RENDERINGS && kept === undefined) this.renderings.clear();
    this.renderings.set(key, rendered);
    return rendered;
  }
}

export function etagOf(body: Buffer | string): string {
  return `"${hash('sha256', body, 'base64url').slice(0, 27)}"`;
}

import { PROGRESS_STEP_MS } from './freshness';
import type { AppliedProgress } from './progress.store';
import { skuOfStockKey } from '../product/document';

/** A key with an open dead letter: what it says now is unknown, so its feed's progress doesn't speak for it (O8). */
export interface ExcludedKey {
  entity: string;
  key: string;
}

/** Applied progress, with the keys behind its digest where they were read. */
export interface GrantedProgress extends AppliedProgress {
  exceptKeys?: readonly string[];
}

interface Feed {
  upTo: number;
  exceptions: string | null;
  /** Products or SKUs that the owner of the feed itself excepts: it could not announce what they are now. */
  excepted: ReadonlySet<string>;
}

/** What the API process knows of the feeds: applied progress and the keys that progress doesn't cover. */
export class LiveFreshness {
  private readonly feeds = new Map<string, Feed>();
  private readonly excluded = new Map<string, Set<string>>();
  private steps = 0;

  /** Grows whenever an answer rendered before may show an older step than it could. */
  get version(): number {
    return this.steps;
  }

  /** Whether the keys that this progress excepts are known; else it can be applied only together with them. */
  knowsExceptionsOf({ system, entity, exceptions = null }: AppliedProgress): boolean {
    return exceptions === null || this.feeds.get(nameOf(system, entity))?.exceptions === exceptions;
  }

  /** Later values win: progress never goes back, whatever order it is heard in. Progress whose exceptions are unknown does not count. */
  apply(applied: readonly GrantedProgress[]): void {
    for (const progress of applied) {
      const { system, entity, appliedUpTo, exceptions = null, exceptKeys = [] } = progress;
      const feed = nameOf(system, entity);
      const before = this.feeds.get(feed);
      if (before !== undefined && appliedUpTo <= before.upTo) continue;
      const known = this.knowsExceptionsOf(progress);
      if (!known && progress.exceptKeys === undefined) continue;
      const same = before !== undefined && before.exceptions === exceptions;
      this.feeds.set(feed, { upTo: appliedUpTo, exceptions, excepted: same ? before.excepted : new Set(exceptKeys.map((key) => shownName(entity, key))) });
      if (!same || Math.floor(appliedUpTo / PROGRESS_STEP_MS) !== Math.floor(before.upTo / PROGRESS_STEP_MS)) this.steps += 1;
    }
  }

  exclude(keys: readonly ExcludedKey[]): void {
    this.excluded.clear();
    for (const { entity, key } of keys) {
      const name = shownName(entity, key);
      const known = this.excluded.get(entity);
      if (known) known.add(name);
      else this.excluded.set(entity, new Set([name]));
    }
    this.steps += 1;
  }

  /** Progress that speaks for the product's content. */
  ofProduct(productId: string): number | undefined {
    return this.speaksFor('pim', 'product', productId);
  }

  /** Progress that speaks for a SKU's stock at all locations; one location in doubt puts the sum in doubt. */
  ofStock(sku: string): number | undefined {
    return this.speaksFor('erp', 'stock-level', sku);
  }

  private speaksFor(system: string, entity: string, name: string): number | undefined {
    const feed = this.feeds.get(nameOf(system, entity));
    if (feed === undefined || feed.excepted.has(name) || this.excluded.get(entity)?.has(name) === true) return undefined;
    return feed.upTo;
  }
}

const nameOf = (system: string, entity: string): string => `${system}/${entity}`;

/** What a storefront asks for: a stock level's key names a SKU at a place. */
const shownName = (entity: string, key: string): string => (entity === 'stock-level' ? skuOfStockKey(key) : key);

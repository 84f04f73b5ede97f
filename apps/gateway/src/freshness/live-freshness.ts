import { PROGRESS_STEP_MS } from './freshness';
import type { AppliedProgress } from './progress.store';
import { skuOfStockKey } from '../product/document';

/** A key with an open dead letter: what it says now is unknown, so its feed's progress doesn't speak for it (O8). */
export interface ExcludedKey {
  entity: string;
  key: string;
}

/** What the API process knows of the feeds: applied progress and the keys that progress doesn't cover. */
export class LiveFreshness {
  private readonly progress = new Map<string, number>();
  private readonly excluded = new Map<string, Set<string>>();
  private steps = 0;

  /** Grows whenever an answer rendered before may show an older step than it could. */
  get version(): number {
    return this.steps;
  }

  /** Later values win: progress never goes back, whatever order it is heard in. */
  apply(applied: readonly AppliedProgress[]): void {
    for (const { system, entity, appliedUpTo } of applied) {
      const feed = `${system}/${entity}`;
      const before = this.progress.get(feed) ?? -Infinity;
      if (appliedUpTo <= before) continue;
      this.progress.set(feed, appliedUpTo);
      if (Math.floor(appliedUpTo / PROGRESS_STEP_MS) !== Math.floor(before / PROGRESS_STEP_MS)) this.steps += 1;
    }
  }

  exclude(keys: readonly ExcludedKey[]): void {
    this.excluded.clear();
    for (const { entity, key } of keys) {
      const name = entity === 'stock-level' ? skuOfStockKey(key) : key;
      const known = this.excluded.get(entity);
      if (known) known.add(name);
      else this.excluded.set(entity, new Set([name]));
    }
    this.steps += 1;
  }

  /** Progress that speaks for the product's content. */
  ofProduct(productId: string): number | undefined {
    return this.excluded.get('product')?.has(productId) === true ? undefined : this.progress.get('pim/product');
  }

  /** Progress that speaks for a SKU's stock at all locations; one location in doubt puts the sum in doubt. */
  ofStock(sku: string): number | undefined {
    return this.excluded.get('stock-level')?.has(sku) === true ? undefined : this.progress.get('erp/stock-level');
  }
}

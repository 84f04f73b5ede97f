import { category, price, product, stockLevel, type Contract } from '@steward/contracts';
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
  /** Keys (of stock: SKUs) that the owner of the feed itself excepts: it could not announce what they are now. */
  excepted: ReadonlySet<string>;
}

/** What was known of the feeds at a moment: up to when each speaks for a key. Never changes; the next moment has its own. */
export class KnownProgress {
  constructor(
    /** Grows whenever an answer rendered before may show an older step than it could. */
    readonly version: number,
    private readonly feeds: ReadonlyMap<string, Feed>,
    private readonly excluded: ReadonlyMap<string, ReadonlySet<string>>,
  ) {}

  /** Epoch ms up to which the feed speaks for the product's content; undefined when it doesn't. */
  ofProduct(productId: string): number | undefined {
    return this.speaksFor(product, productId);
  }

  /** Of a SKU's stock at all locations; one location in doubt puts the sum in doubt. */
  ofStock(sku: string): number | undefined {
    return this.speaksFor(stockLevel, sku);
  }

  /** Of all of these entries of price lists; one in doubt puts the price in doubt. */
  ofPrices(entryIds: readonly string[]): number | undefined {
    const feed = this.feeds.get(feedOf(price));
    return entryIds.every((id) => this.speaksFor(price, id) !== undefined) ? feed?.upTo : undefined;
  }

  ofCategory(categoryId: string): number | undefined {
    return this.speaksFor(category, categoryId);
  }

  private speaksFor(contract: Contract, name: string): number | undefined {
    const feed = this.feeds.get(feedOf(contract));
    if (feed === undefined || feed.excepted.has(name) || this.excluded.get(contract.entity)?.has(name) === true) return undefined;
    return feed.upTo;
  }
}

/** What the API process knows of the feeds: applied progress and the keys that progress doesn't cover. */
export class LiveFreshness {
  private feeds: ReadonlyMap<string, Feed> = new Map();
  private excluded: ReadonlyMap<string, ReadonlySet<string>> = new Map();
  private known = new KnownProgress(0, this.feeds, this.excluded);

  get current(): KnownProgress {
    return this.known;
  }

  /** Whether the keys that this progress excepts are known; else it can be applied only together with them. */
  knowsExceptionsOf({ system, entity, exceptions = null }: AppliedProgress): boolean {
    return exceptions === null || this.feeds.get(nameOf(system, entity))?.exceptions === exceptions;
  }

  /** Later values win: progress never goes back, whatever order it is heard in. Progress whose exceptions are unknown does not count. */
  apply(applied: readonly GrantedProgress[]): void {
    const feeds = new Map(this.feeds);
    let steps = 0;
    for (const progress of applied) {
      const { system, entity, appliedUpTo, exceptions = null, exceptKeys = [] } = progress;
      const feed = nameOf(system, entity);
      const before = feeds.get(feed);
      if (before !== undefined && appliedUpTo <= before.upTo) continue;
      const same = before !== undefined && before.exceptions === exceptions;
      if (exceptions !== null && !same && progress.exceptKeys === undefined) continue;
      feeds.set(feed, { upTo: appliedUpTo, exceptions, excepted: same ? before.excepted : new Set(exceptKeys.map((key) => shownName(entity, key))) });
      if (!same || Math.floor(appliedUpTo / PROGRESS_STEP_MS) !== Math.floor(before.upTo / PROGRESS_STEP_MS)) steps += 1;
    }
    this.feeds = feeds;
    this.know(steps);
  }

  exclude(keys: readonly ExcludedKey[]): void {
    const excluded = new Map<string, Set<string>>();
    for (const { entity, key } of keys) {
      const name = shownName(entity, key);
      const known = excluded.get(entity);
      if (known) known.add(name);
      else excluded.set(entity, new Set([name]));
    }
    this.excluded = excluded;
    this.know(1);
  }

  private know(steps: number): void {
    this.known = new KnownProgress(this.known.version + steps, this.feeds, this.excluded);
  }
}

const nameOf = (system: string, entity: string): string => `${system}/${entity}`;

/** Each of these entities has one system of record. */
const feedOf = ({ systems: [system = ''], entity }: Contract): string => nameOf(system, entity);

/** What a storefront asks for: a stock level's key names a SKU at a place. */
const shownName = (entity: string, key: string): string => (entity === 'stock-level' ? skuOfStockKey(key) : key);

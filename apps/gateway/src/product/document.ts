import type { Product } from '@steward/contracts';
import type { SkuPrices } from '../price/price.store';
import type { SkuAvailability } from './availability';

/** A composed document as the API reads it: the product's content, and of each of its SKUs the availability and the entries of price lists. */
export interface ProductDocument {
  productId: string;
  /** The document's own revision: it only grows, whichever part changed (C11). */
  revision: number;
  content: Product;
  contentChangedAt: number;
  skus: readonly string[];
  availability: readonly SkuAvailability[];
  prices: readonly SkuPrices[];
}

/** A product without variants is its own SKU. A SKU listed twice counts once. */
export function skusOf(product: Pick<Product, 'id' | 'variants'>): string[] {
  const skus = [...new Set(product.variants.map((variant) => variant.sku))];
  return skus.length === 0 ? [product.id] : skus;
}

/** `listed` is on sale, `linked` keeps its page for old links, `hidden` (drafts, tombstones) is not there for a shopper. */
export type Visibility = 'listed' | 'linked' | 'hidden';

export function visibilityOf(product: Pick<Product, 'status'> | null): Visibility {
  if (product === null || product.status === 'draft') return 'hidden';
  return product.status === 'active' ? 'listed' : 'linked';
}

/** A stock-level key is `<sku>@<location>`; only the SKU may hold further `@`. */
export function skuOfStockKey(key: string): string {
  const at = key.lastIndexOf('@');
  return at < 0 ? key : key.slice(0, at);
}

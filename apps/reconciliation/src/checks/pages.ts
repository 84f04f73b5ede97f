/** One product, said in several ways: a shopper, a search engine and a cart must be told the same. */
import { product } from '@steward/contracts';
import { defineCheck, type PagesCheck } from '../check/define-check';

/** Three requests a page of products: an hour apart they are nothing to the gateway. */
const CADENCE_MS = 3_600_000;
/** Longer than a page may be kept on the way. */
const SETTLE_MS = 30_000;

export const pages: PagesCheck = defineCheck<PagesCheck>({
  kind: 'pages', name: 'pages of a product', contract: product, cadenceMs: CADENCE_MS, settleMs: SETTLE_MS, repair: 'never',
  rule: 'The page, its JSON-LD and the cart say different prices or availability of one SKU.',
});

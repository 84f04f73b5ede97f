/**
 * Sitemaps (sitemaps.org, with language alternates): an index, the categories, and the products on sale in parts. A page's `lastmod` is the
 * last change of its content; a change of stock or price is none, and would teach crawlers to disbelieve it.
 */
import type { Category } from '@steward/contracts';
import type { LiveTree } from '../category/live-categories';
import { idsBelow } from '../category/tree';
import type { ProductDocument } from '../product/document';
import { addressOf, type PageTemplate } from './addresses';
import { escaped } from './xml';

/** A sitemap holds 50,000 addresses at most; a product has one per language, and per market where the address names it. */
export const PRODUCTS_PER_SITEMAP = 2_500;

const NAMESPACES = 'xmlns="http://www.sitemaps.org/schemas/sitemap/0.9" xmlns:xhtml="http://www.w3.org/1999/xhtml"';
export const sitemapStart = `<?xml version="1.0" encoding="UTF-8"?>\n<urlset ${NAMESPACES}>\n`;
export const sitemapEnd = '</urlset>\n';

export function sitemapIndex(base: string, products: number): string {
  const parts = Array.from({ length: Math.ceil(products / PRODUCTS_PER_SITEMAP) }, (_, index) => `products-${String(index + 1)}`);
  const entries = ['categories', ...parts].map((name) => `<sitemap><loc>${escaped(`${base}/sitemaps/${name}.xml`)}</loc></sitemap>\n`);
  return `<?xml version="1.0" encoding="UTF-8"?>\n<sitemapindex xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">\n${entries.join('')}</sitemapindex>\n`;
}

export function productEntries({ productId, content, contentChangedAt }: ProductDocument, template: PageTemplate, markets: readonly string[]): string {
  return entriesOf({ id: productId, texts: content.texts, changedAt: contentChangedAt }, template, markets);
}

export function categoryEntries(tree: LiveTree, template: PageTemplate, markets: readonly string[]): string {
  const ids = tree.roots.flatMap(idsBelow);
  return ids
    .map((id) => tree.find(id)?.category)
    .filter((category) => category !== undefined)
    .map(({ id, texts }) => entriesOf({ id, texts, changedAt: tree.changedAt(id) ?? 0 }, template, markets))
    .join('');
}

interface Localized {
  id: string;
  texts: Category['texts'];
  changedAt: number;
}

/** One entry per language, each naming all of them. */
function entriesOf({ id, texts, changedAt }: Localized, template: PageTemplate, markets: readonly string[]): string {
  const shownIn = template.perMarket ? markets : markets.slice(0, 1);
  return shownIn
    .flatMap((market) => {
      const pages = Object.entries(texts).map(([language, { slug }]) => ({ language, address: addressOf(template, { market, language, id, slug }) }));
      // A template without {language} has one page for all.
      const distinct = pages.filter((page, index) => pages.findIndex(({ address }) => address === page.address) === index);
      const alternates = distinct.length < 2 ? '' : distinct.map(({ language, address }) => `<xhtml:link rel="alternate" hreflang="${escaped(language)}" href="${escaped(address)}"/>`).join('');
      return distinct.map(({ address }) => `<url><loc>${escaped(address)}</loc><lastmod>${new Date(changedAt).toISOString()}</lastmod>${alternates}</url>\n`);
    })
    .join('');
}

/** Addresses of the shop's own pages, as JSON-LD, sitemap and feeds have to name them. */

const placeholders = ['market', 'language', 'id', 'slug'] as const;
export type Placeholder = (typeof placeholders)[number];

/** `https://shop.example/{language}/p/{id}/{slug}` */
export interface PageTemplate {
  readonly text: string;
  readonly perMarket: boolean;
}

/** undefined when the text is no http address with known placeholders, `{id}` or `{slug}` among them. */
export function toTemplate(text: string): PageTemplate | undefined {
  const used = [...text.matchAll(/\{([^}]*)\}/g)].map(([, name = '']) => name);
  const known = used.every((name) => placeholders.some((placeholder) => placeholder === name));
  if (!known || !(used.includes('id') || used.includes('slug')) || !/^https?:\/\//.test(text) || !URL.canParse(text.replaceAll(/[{}]/g, ''))) return undefined;
  return { text, perMarket: used.includes('market') };
}

export const acceptedTemplates = `an http(s) address with {id} or {slug}, and if wanted {market} and {language}`;

/** What is shown at the page. A page without a slug in this language is named by its id. */
export interface Page {
  market: string;
  language: string | null;
  id: string;
  slug: string | null;
}

export function addressOf(template: PageTemplate, page: Page): string {
  const values: Record<Placeholder, string> = { market: page.market, language: page.language ?? 'en', id: page.id, slug: page.slug ?? page.id };
  return template.text.replaceAll(/\{(market|language|id|slug)\}/g, (_, name: Placeholder) => encodeURIComponent(values[name]));
}

export interface Addresses {
  product: PageTemplate;
  category: PageTemplate;
}

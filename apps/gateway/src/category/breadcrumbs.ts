import type { Category } from '@steward/contracts';
import { languageOf } from '../storefront/language';
import type { CategoryTree } from './tree';

/** A step of the way from the top of the tree. */
export interface Crumb {
  id: string;
  name: string;
  slug: string | null;
}

/**
 * The way to a product: to its first category, which is the main one, and on to the deepest of its others below that. Empty while
 * none of them is known.
 */
export function crumbsOf(categoryIds: readonly string[], tree: CategoryTree, language: string | null): Crumb[] {
  const [main] = categoryIds;
  if (main === undefined) return [];
  const paths = categoryIds.map((id) => tree.pathTo(id)).filter((path) => path.some(({ id }) => id === main));
  return longest(paths).map((category) => toCrumb(category, language));
}

function toCrumb({ id, texts }: Category, language: string | null): Crumb {
  const shown = languageOf(texts, language);
  const text = shown === null ? undefined : texts[shown];
  return { id, name: text?.name ?? id, slug: text?.slug ?? null };
}

function longest(paths: readonly (readonly Category[])[]): readonly Category[] {
  return paths.reduce((best, path) => (path.length > best.length ? path : best), []);
}

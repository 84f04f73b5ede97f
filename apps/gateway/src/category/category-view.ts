import type { Category } from '@steward/contracts';
import { ageOf, answerUntil, budgets } from '../freshness/freshness';
import type { KnownProgress } from '../freshness/live-freshness';
import { languageOf } from '../storefront/language';
import { crumbsOf, type Crumb } from './breadcrumbs';
import type { LiveTree } from './live-categories';
import type { CategoryNode } from './tree';

export interface CategoryView {
  id: string;
  language: string | null;
  name: string;
  slug: string | null;
  description: string | null;
  seo: { title: string | null; description: string | null };
  /** From the top of the tree to this category. */
  breadcrumbs: Crumb[];
  children: CategoryView[];
  asOf: string | null;
  stale: boolean;
}

export interface ShownCategories {
  categories: CategoryView[];
  degraded: { category: string; field: 'category'; reason: 'stale'; asOf: string | null }[];
  /** Epoch ms at which time alone changes the answer. */
  validUntil: number;
}

/** The nodes with all that hangs below them. */
export function showCategories(nodes: readonly CategoryNode[], asked: string, { known, tree }: { known: KnownProgress; tree: LiveTree }, now: number): ShownCategories {
  const shown: ShownCategories = { categories: [], degraded: [], validUntil: Infinity };
  const show = ({ category, children }: CategoryNode): CategoryView => {
    const age = ageOf({ now, changedAt: tree.changedAt(category.id) ?? null, progress: known.ofCategory(category.id), staleAfterMs: budgets.categories });
    const asOf = age.asOf === null ? null : new Date(age.asOf).toISOString();
    shown.validUntil = Math.min(shown.validUntil, answerUntil(age, now));
    if (age.stale) shown.degraded.push({ category: category.id, field: 'category', reason: 'stale', asOf });
    return { ...textsOf(category, asked), breadcrumbs: crumbsOf([category.id], tree, asked), children: children.map(show), asOf, stale: age.stale };
  };
  shown.categories = nodes.map(show);
  return shown;
}

function textsOf({ id, texts }: Category, asked: string): Pick<CategoryView, 'id' | 'language' | 'name' | 'slug' | 'description' | 'seo'> {
  const language = languageOf(texts, asked);
  const text = language === null ? undefined : texts[language];
  return {
    id,
    language,
    name: text?.name ?? id,
    slug: text?.slug ?? null,
    description: text?.description ?? null,
    seo: { title: text?.seoTitle ?? null, description: text?.seoDescription ?? null },
  };
}

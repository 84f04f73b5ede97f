/**
 * The tree out of its nodes. States commute, so at any moment a parent may be missing, or two moves that crossed may have closed a
 * circle. Invariants:
 *   1. Every node is shown exactly once: what has no way to the top (missing parent, circle) hangs at the top itself.
 *   2. The answer depends on the nodes only, never on their order.
 */
import type { Category } from '@steward/contracts';

export interface CategoryNode {
  readonly category: Category;
  readonly children: readonly CategoryNode[];
}

export interface CategoryTree {
  readonly roots: readonly CategoryNode[];
  readonly find: (id: string) => CategoryNode | undefined;
  /** From the top down to the category itself; empty when there is none of this id. */
  readonly pathTo: (id: string) => readonly Category[];
}

export function treeOf(categories: readonly Category[]): CategoryTree {
  const known = new Map(categories.map((category) => [category.id, category]));
  const parents = new Map(categories.map(({ id }) => [id, parentOf(id, known)]));
  const below = new Map<string | null, Category[]>();
  for (const category of categories) {
    const parent = parents.get(category.id) ?? null;
    const siblings = below.get(parent);
    if (siblings) siblings.push(category);
    else below.set(parent, [category]);
  }
  for (const siblings of below.values()) siblings.sort(inOrder);
  const found = new Map<string, CategoryNode>();
  const nodes = (parent: string | null): CategoryNode[] =>
    (below.get(parent) ?? []).map((category) => {
      const node = { category, children: nodes(category.id) };
      found.set(category.id, node);
      return node;
    });
  return {
    roots: nodes(null),
    find: (id) => found.get(id),
    pathTo: (id) => {
      const path: Category[] = [];
      for (let at: string | null = id; at !== null; at = parents.get(at) ?? null) {
        const category = known.get(at);
        if (category === undefined) break;
        path.unshift(category);
      }
      return path;
    },
  };
}

/** The category itself and all that hang below it. */
export function idsBelow({ category, children }: CategoryNode): string[] {
  return [category.id, ...children.flatMap(idsBelow)];
}

/** A circle is opened above its lowest id, so that every reader opens it at the same place. */
function parentOf(id: string, known: ReadonlyMap<string, Category>): string | null {
  const parent = known.get(id)?.parentId ?? null;
  if (parent === null || !known.has(parent)) return null;
  let lowest = id;
  const seen = new Set([id]);
  for (let at: string | null = parent; at !== null && known.has(at); at = known.get(at)?.parentId ?? null) {
    if (at === id) return lowest === id ? null : parent;
    // A circle further up, of which this node is no part.
    if (seen.has(at)) return parent;
    seen.add(at);
    if (at < lowest) lowest = at;
  }
  return parent;
}

function inOrder(a: Category, b: Category): number {
  return a.position - b.position || (a.id < b.id ? -1 : a.id > b.id ? 1 : 0);
}

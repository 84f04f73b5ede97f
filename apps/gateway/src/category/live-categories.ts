import type { StoredCategory } from './categories.queries';
import { treeOf, type CategoryTree } from './tree';

export interface LiveTree extends CategoryTree {
  /** Epoch ms of the category's last change. */
  readonly changedAt: (id: string) => number | undefined;
}

/** The tree as the API process knows it. It is small and read whole, so each change of it is a new tree. */
export class LiveCategories {
  private trees = 0;
  private latest: LiveTree = liveTreeOf([]);

  get tree(): LiveTree {
    return this.latest;
  }

  /** Grows with each tree: what was rendered with an older one names old categories. */
  get version(): number {
    return this.trees;
  }

  replace(categories: readonly StoredCategory[]): void {
    this.latest = liveTreeOf(categories);
    this.trees += 1;
  }
}

function liveTreeOf(categories: readonly StoredCategory[]): LiveTree {
  const changed = new Map(categories.map(({ data, changedAt }) => [data.id, changedAt]));
  return { ...treeOf(categories.map(({ data }) => data)), changedAt: (id) => changed.get(id) };
}

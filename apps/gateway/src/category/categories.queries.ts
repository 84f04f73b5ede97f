import type { Database } from '@steward/platform';
import type { Category } from '@steward/contracts';

export interface StoredCategory {
  data: Category;
  revision: number;
  /** Epoch ms. */
  changedAt: number;
}

/** Every category there is, in no promised order. */
export async function readCategories(database: Pick<Database, 'query'>): Promise<StoredCategory[]> {
  return database.query<StoredCategory>(
    `select data, revision::float8 as revision, round(extract(epoch from changed_at) * 1000)::float8 as "changedAt"
     from stored_part where entity = 'category' and data is not null`,
  );
}

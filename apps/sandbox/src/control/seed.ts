import { z } from 'zod';
import { buildCatalogue } from '../catalogue/catalogue';
import { collectionSpecs } from '../records/collections';
import type { Store, Write } from '../store/store';

export const seedBody = z.strictObject({
  seed: z.union([z.string().min(1), z.int()]).describe('a text that is not empty, or a whole number').default('steward'),
  products: z.int().min(1).max(200_000).default(600),
  customers: z.int().min(0).max(200_000).default(50),
  onlyIfEmpty: z.boolean().default(false),
});

/** Makes the records equal to the catalogue, and touches only those that differ: seeding again changes nothing. What is traded is nobody's to seed. */
export function plant(store: Store, { seed, products, customers, onlyIfEmpty }: z.output<typeof seedBody>): Record<string, unknown> {
  const { variants, ...catalogue } = buildCatalogue(seed, products, customers);
  const wanted: Readonly<Record<string, readonly { id: string }[]>> = {
    'pim/products': catalogue.products,
    'pim/categories': catalogue.categories,
    'erp/stock': catalogue.stock,
    'pricing/prices': catalogue.prices,
    'pricing/promotions': catalogue.promotions,
    'crm/customers': catalogue.customers,
    'crm/segments': catalogue.segments,
  };
  let changed = 0;
  let planted = false;
  for (const spec of collectionSpecs) {
    const records = wanted[`${spec.system}/${spec.name}`];
    const collection = store.of(spec);
    // One by one: a data folder that is older than a collection gets what it lacks.
    if (records === undefined || (onlyIfEmpty && collection.size > 0)) continue;
    planted = true;
    const writes: Write[] = records.map((record) => ({ id: record.id, record }));
    const names = new Set(writes.map(({ id }) => id));
    const differing = writes.filter(({ id, record }) => !sameRecord(collection.get(id)?.json, record));
    const surplus = collection.all().filter((entry) => !names.has(entry.id));
    for (const entry of surplus) store.remove(spec, entry.id, () => undefined);
    if (differing.length > 0) store.write(spec, differing, 0, () => undefined);
    changed += differing.length + surplus.length;
  }
  if (!planted) return { seed, planted, changed };
  const counts = Object.fromEntries(Object.entries(catalogue).map(([name, records]) => [name, records.length]));
  return { seed, planted, changed, variants, ...counts };
}

function sameRecord(json: string | undefined, record: object): boolean {
  if (json === undefined) return false;
  const { modifiedAt: _at, version: _version, ...own } = JSON.parse(json) as Record<string, unknown>;
  return JSON.stringify(own) === JSON.stringify(record);
}

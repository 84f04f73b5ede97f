import { z } from 'zod';
import { RejectedError, type ProblemPlace } from '@steward/platform';
import { Faulty } from '../problem';
import { categoryRecord } from './category.wire';
import { priceRecord } from './price.wire';
import { productRecord } from './product.wire';
import { stockRecord } from './stock.wire';

export const systemNames = ['pim', 'erp', 'pricing'] as const;
export type SystemName = (typeof systemNames)[number];

/** What a collection is made of. `fill` adds what follows from the id, so that a tester need not repeat it. */
export interface CollectionSpec {
  readonly system: SystemName;
  readonly name: string;
  readonly record: z.ZodType<Record<string, unknown>>;
  readonly fill: (id: string, given: Record<string, unknown>) => Record<string, unknown>;
  /** Faults between fields, which a schema can't say. */
  readonly agree: (record: Record<string, unknown>) => readonly ProblemPlace[];
}

const products: CollectionSpec = {
  system: 'pim',
  name: 'products',
  record: productRecord,
  fill: (id, given) => ({ sku: id, ...given, id, ...withUrlKeys(given['labels'], id) }),
  agree: (record) =>
    record['sku'] === record['id'] ? [] : [{ pointer: '/sku', detail: "a product's sku is its id", accepted: quote(record['id']) }],
};

const categories: CollectionSpec = {
  system: 'pim',
  name: 'categories',
  record: categoryRecord,
  fill: (id, given) => ({ ...given, id, ...withUrlKeys(given['labels'], id) }),
  agree: (record) => (record['parent'] === record['id'] ? [{ pointer: '/parent', detail: 'a category is not its own parent', accepted: 'another id, or null' }] : []),
};

const stock: CollectionSpec = {
  system: 'erp',
  name: 'stock',
  record: stockRecord,
  fill: (id, given) => ({ item: itemOf(id), warehouse: warehouseOf(id), ...given, id }),
  agree: (record) =>
    `${record['item']}@${record['warehouse']}` === record['id']
      ? []
      : [{ pointer: '/item', detail: 'item and warehouse must agree with the id', accepted: 'id = "<item>@<warehouse>"' }],
};

const prices: CollectionSpec = {
  system: 'pricing',
  name: 'prices',
  record: priceRecord,
  fill: (id, given) => ({ ...given, id }),
  // Both are local times of one form, so text compares like time.
  agree: ({ starts, ends }) => (starts !== null && ends !== null && String(ends) <= String(starts) ? [{ pointer: '/ends', detail: 'an entry ends after it starts', accepted: `a time after ${quote(starts)}, or null` }] : []),
};

/** Every collection there is. */
export const collectionSpecs: readonly CollectionSpec[] = [products, categories, stock, prices];

export function collectionsOf(system: SystemName): readonly string[] {
  return collectionSpecs.filter((spec) => spec.system === system).map((spec) => spec.name);
}

/** Refuses a name that isn't there with the list of what is. */
export function findSpec(system: string, collection: string): CollectionSpec {
  const known = asSystem(system);
  const found = collectionSpecs.find((spec) => spec.system === known && spec.name === collection);
  if (found) return found;
  const existing = collectionsOf(known);
  throw new RejectedError('SANDBOX_UNKNOWN_COLLECTION', `${known} has no collection ${quote(collection)}`, { place: '', accepted: existing.map((name) => `${known}/${name}`).join(', ') });
}

export function asSystem(name: string): SystemName {
  const found = systemNames.find((system) => system === name);
  if (found) return found;
  throw new RejectedError('SANDBOX_UNKNOWN_SYSTEM', `there is no system ${quote(name)}`, { place: '', accepted: systemNames.join(', ') });
}

/** Checks one record; the stamps of the store are dropped first, so that what was read can be written back. */
export function checkRecord(spec: CollectionSpec, id: string, given: Record<string, unknown>, at = ''): Record<string, unknown> {
  const { modifiedAt: _at, version: _version, ...own } = given;
  const parsed = spec.record.safeParse(spec.fill(id, own));
  if (!parsed.success) throw invalid(parsed.error.issues.flatMap((issue) => toPointed(issue, at)));
  const disagreements = spec.agree(parsed.data);
  if (disagreements.length > 0) throw invalid(disagreements.map((fault) => ({ ...fault, pointer: at + fault.pointer })));
  return parsed.data;
}

export function schemasOf(system: SystemName): Record<string, unknown> {
  const mine = collectionSpecs.filter((spec) => spec.system === system);
  return Object.fromEntries(mine.map((spec) => [spec.name, z.toJSONSchema(spec.record, { io: 'input' })]));
}

export function pointerOf(path: readonly PropertyKey[]): string {
  return path.map((part) => `/${String(part).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

function toPointed(issue: z.core.$ZodIssue, at: string): ProblemPlace[] {
  const accepted = 'what GET /_control/{system}/schema names';
  if (issue.code !== 'unrecognized_keys') return [{ pointer: at + pointerOf(issue.path), detail: issue.message, accepted }];
  return issue.keys.map((key) => ({ pointer: at + pointerOf([...issue.path, key]), detail: 'no such field', accepted }));
}

function invalid(errors: ProblemPlace[]): Faulty {
  return new Faulty('SANDBOX_RECORD_INVALID', 'the record does not fit its schema (?unchecked=true plants it all the same)', errors);
}

function withUrlKeys(labels: unknown, id: string): { labels?: unknown } {
  if (typeof labels !== 'object' || labels === null || Array.isArray(labels)) return {};
  const keyed = Object.entries(labels).map(([locale, label]) => [locale, typeof label === 'object' && label !== null ? { urlKey: urlKeyOf(id), ...label } : label]);
  return { labels: Object.fromEntries(keyed) };
}

function urlKeyOf(id: string): string {
  const plain = id.toLowerCase().replace(/[^a-z0-9]+/g, '-').replace(/^-|-$/g, '');
  return plain === '' ? 'page' : plain;
}

function itemOf(id: string): string {
  return id.slice(0, Math.max(0, id.lastIndexOf('@')));
}

function warehouseOf(id: string): string {
  return id.slice(id.lastIndexOf('@') + 1);
}

function quote(value: unknown): string {
  return JSON.stringify(value);
}

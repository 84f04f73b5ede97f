/**
 * As much of Directus 12 as the connector asks for: SEARCH over tables, with activity as an editor leaves it. Who makes a thing saves
 * its row and its parts; who changes it saves only its translation, whose activity doesn't name the thing.
 */
import { type FakeAnswer, type FakeRecord, type FakeRequest, startFake, type Things, type VendorProfile } from '@steward/conformance';
import type { DirectusQuery } from './directus.client';
import type { Activity } from './directus.wire';

type Row = Readonly<Record<string, unknown>>;
type Tables = ReadonlyMap<string, readonly Row[]>;

const token = 'conformance-directus-token';
/** A product is three rows and a category two, so that their activity takes three pages of 500 to tell. */
const count = 350;
/** Another number than the thing's: a part's id must not pass for its owner's. */
const partId = (n: number): number => n + 100_000;

export const profile: VendorProfile = {
  start: async () => {
    const activity: Activity[] = [];
    const kept = { count, keyOf: String };
    const fake = await startFake({ things: { product: kept, category: kept }, answer: (request, recordsOf) => answer(request, tablesOf(recordsOf('product'), recordsOf('category'), activity)) });
    const { product, category } = fake.things as Readonly<Record<'product' | 'category', Things>>;
    return {
      ...fake,
      things: {
        product: tracked(activity, product, 'products', ['products_translations', 'variants']),
        category: tracked(activity, category, 'categories', ['categories_translations']),
      },
    };
  },
  settings: (url) => ({ STEWARD_DIRECTUS_URL: url, STEWARD_DIRECTUS_TOKEN: token, STEWARD_DIRECTUS_WEBHOOK_SECRET: 'conformance-webhook-secret', STEWARD_DIRECTUS_PAGE: '100' }),
  empty: (given) => ({ ...(given as object), data: [], meta: { total_count: 0 } }),
  // As a hook of Directus does that goes wrong: it sees the rows and not their number.
  truncated: (given) => {
    const found = given as { data: unknown[] };
    return { ...found, data: found.data.slice(0, found.data.length / 2) };
  },
  lacks: [
    'Sign a webhook: a Flow sends a shared secret, which proves the sender and not the body.',
    'Name the product of a translation or variant that was deleted or moved by itself: found by the next full pass (`STEWARD_DIRECTUS_FULL_PASS_MS`).',
    'Leave activity of what SQL or the database’s own cascades change, or keep it for ever: what has none is found by the full pass, deletions under the guard.',
    'Show a transaction before its end: the overlap (10 minutes) must be longer than the longest import; what is longer is found by the full pass.',
    'Compare UUIDs or texts in a filter: primary keys have to be auto-incremented.',
    'Cut a list inside a row and say so, or answer GET past its cache: the connector names every limit and reads by SEARCH.',
    '[Connect Directus as the PIM](how-to/connect-directus.md) tells what to do about each.',
  ],
};

/** The same things, whose changes leave activity. */
function tracked(activity: Activity[], things: Things, collection: string, parts: readonly [translations: string, ...others: string[]]): Things {
  const there = new Set<number>();
  const tell = (action: Activity['action'], table: string, id: number): void =>
    void activity.push({ id: activity.length + 1, action, collection: table, item: String(id), timestamp: new Date().toISOString() });
  return {
    ...things,
    put: async (all) => {
      await things.put(all);
      for (const { n } of all) {
        if (there.has(n)) tell('update', parts[0], partId(n));
        else for (const part of [collection, ...parts]) tell('create', part, part === collection ? n : partId(n));
        there.add(n);
      }
    },
    malform: async (n) => {
      await things.malform(n);
      tell('update', collection, n);
    },
    remove: async (n) => {
      await things.remove(n);
      there.delete(n);
      tell('delete', collection, n);
    },
  };
}

function tablesOf(products: readonly FakeRecord[], categories: readonly FakeRecord[], activity: readonly Activity[]): Tables {
  const variantOf = ({ n }: FakeRecord): Row => ({ id: partId(n), products_id: n, sku: `D-${n}`, gtin: null, attributes: { size: n } });
  const translationOf = ({ n, edition }: FakeRecord): Row => {
    const text = { languages_code: 'en-US', name: `Title ${edition}`, slug: `title-${n}`, description: null, seo_title: null, seo_description: null };
    return { id: partId(n), products_id: n, categories_id: n, ...text };
  };
  return new Map<string, readonly Row[]>([
    ['/activity', activity.map((each) => ({ ...each }))],
    ['/items/variants', products.map(variantOf)],
    ['/items/products_translations', products.map(translationOf)],
    ['/items/categories_translations', categories.map(translationOf)],
    [
      '/items/products',
      products.map((record) => ({
        id: record.n,
        sku: null,
        status: record.malformed ? 'review' : 'published',
        brand: null,
        attributes: { weight: record.n },
        translations: [translationOf(record)],
        variants: [variantOf(record)],
        categories: [{ categories_id: record.n }],
        media: [{ directus_files_id: { id: `file-${record.n}`, type: 'image/webp' } }],
      })),
    ],
    ['/items/categories', categories.map((record) => ({ id: record.n, parent: null, sort: record.malformed ? 0.5 : record.n, translations: [translationOf(record)] }))],
  ]);
}

function answer({ method, path, headers, body }: FakeRequest, tables: Tables): FakeAnswer {
  if (headers['authorization'] !== `Bearer ${token}`) return refusal(401, 'INVALID_CREDENTIALS', 'Invalid user credentials.');
  const rows = tables.get(path);
  if (method !== 'SEARCH' || rows === undefined) return refusal(403, 'FORBIDDEN', `You don't have permission to access ${path}.`);
  const { query } = body as { query: DirectusQuery };
  const [order = 'id'] = query.sort;
  const found = rows.filter((row) => matches(row, query.filter)).toSorted((a, b) => Number(a[order.replace('-', '')]) - Number(b[order.replace('-', '')]));
  const data = (order.startsWith('-') ? found.reverse() : found).slice(0, query.limit).map((row) => shown(row, query.fields));
  return { body: { data, ...(query.meta?.includes('total_count') ? { meta: { total_count: rows.length } } : {}) } };
}

const refusal = (status: number, code: string, message: string): FakeAnswer => ({ status, body: { errors: [{ message, extensions: { code } }] } });

const operators: Readonly<Record<string, (value: unknown, wanted: unknown) => boolean>> = {
  _in: (value, wanted) => (wanted as unknown[]).map(String).includes(String(value)),
  _gt: (value, wanted) => Number(value) > Number(wanted),
  _gte: (value, wanted) => Date.parse(String(value)) >= Date.parse(String(wanted)),
};

function matches(row: Row, filter: object): boolean {
  return Object.entries(filter).every(([field, rule]: [string, unknown]) =>
    field === '_and'
      ? (rule as object[]).every((each) => matches(row, each))
      : Object.entries(rule as object).every(([operator, wanted]) => operators[operator]?.(row[field], wanted)),
  );
}

/** The fields that were asked for, `list.field` of each row in a list. */
function shown(row: Row, fields: readonly string[]): Row {
  const inside = Map.groupBy(fields, (field) => field.split('.', 1).join());
  return Object.fromEntries([...inside].map(([name, paths]) => [name, within(row[name], paths.filter((path) => path !== name).map((path) => path.slice(name.length + 1)))]));
}

function within(value: unknown, fields: readonly string[]): unknown {
  if (fields.length === 0) return value;
  return Array.isArray(value) ? value.map((each) => within(each, fields)) : shown(value as Row, fields);
}

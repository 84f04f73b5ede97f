// Every collection there is: those that a tester writes and adapters read, and those in which the sandbox keeps what it must not forget.
import type { z } from 'zod';
import type { ProblemPlace } from '@steward/platform';
import { categoryRecord } from './category.wire';
import { customerRecord, segmentRecord } from './customer.wire';
import { missedTotal, orderRecord } from './order.wire';
import { priceRecord } from './price.wire';
import { productRecord } from './product.wire';
import { promotionRecord } from './promotion.wire';
import { saleRecord } from './sale.wire';
import { shipmentRecord, takenBy } from './shipment.wire';
import { stockRecord } from './stock.wire';

export const systemNames = ['pim', 'erp', 'pricing', 'crm', 'oms', 'psp'] as const;
export type SystemName = (typeof systemNames)[number];

export type Fields = Readonly<Record<string, unknown>>;

/** What the store must know of a collection. */
export interface Kept {
  readonly system: SystemName | 'identity';
  readonly name: string;
  /** Values beside the id under which a record is found. */
  readonly filedUnder?: (record: Fields) => readonly string[];
  /** What else changes in the same commit when a record does: new states of other records. */
  readonly along?: Along;
}

/** `before` and `after` are undefined where there is no record; `read` looks into the collection that follows. */
export interface Along {
  readonly into: Kept;
  readonly follow: (before: Fields | undefined, after: Fields | undefined, read: (id: string) => Fields | undefined) => readonly { readonly id: string; readonly record: Fields }[];
}

/** What a collection is made of. `fill` adds what follows from the id, so that a tester need not repeat it. */
export interface CollectionSpec extends Kept {
  readonly system: SystemName;
  readonly record: z.ZodType<Record<string, unknown>>;
  /** The parameter of the vendor's list that asks for what records are filed under; a record has a field of this name. */
  readonly filedBy?: 'reference' | 'mail';
  readonly fill: (id: string, given: Fields) => Record<string, unknown>;
  /** Faults between fields, which a schema can't say. */
  readonly agree: (record: Fields) => readonly ProblemPlace[];
  /** Records of the `along` collection that must be there, each with the place that names it. */
  readonly needs?: (record: Fields) => readonly { readonly id: string; readonly pointer: string }[];
}

const withId = (id: string, given: Fields): Record<string, unknown> => ({ ...given, id });
const quote = (value: unknown): string => JSON.stringify(value);

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

const sales: CollectionSpec = {
  system: 'erp',
  name: 'sales',
  record: saleRecord,
  fill: withId,
  agree: () => [],
  filedBy: 'reference',
  filedUnder: ({ reference }) => texts(reference),
};

const shipments: CollectionSpec = {
  system: 'erp',
  name: 'shipments',
  record: shipmentRecord,
  fill: withId,
  agree: () => [],
  filedBy: 'reference',
  filedUnder: ({ reference }) => texts(reference),
  needs: (record) => {
    const { warehouse, positions } = shipmentRecord.parse(record);
    return positions.map(({ article }, index) => ({ id: `${article}@${warehouse}`, pointer: `/positions/${index}/article` }));
  },
  along: {
    into: stock,
    // The difference to what it took before: a shipment that is written twice takes its goods once.
    follow: (before, after, read) => {
      const was = takenBy(before);
      const is = takenBy(after);
      return [...new Set([...was.keys(), ...is.keys()])].flatMap((id) => {
        const change = (was.get(id) ?? 0) - (is.get(id) ?? 0);
        const record = read(id);
        return change === 0 || typeof record?.['quantity'] !== 'number' ? [] : [{ id, record: { ...record, quantity: record['quantity'] + change } }];
      });
    },
  },
};

const prices: CollectionSpec = { system: 'pricing', name: 'prices', record: priceRecord, fill: withId, agree: endsAfterStart };

const promotions: CollectionSpec = {
  system: 'pricing',
  name: 'promotions',
  record: promotionRecord,
  fill: withId,
  agree: (record) => [
    ...endsAfterStart(record),
    ...((record['percent'] === null) === (record['off'] === null) ? [{ pointer: '/percent', detail: 'a promotion takes off a percentage or an amount', accepted: 'one of percent and off, the other null' }] : []),
  ],
};

const customers: CollectionSpec = {
  system: 'crm',
  name: 'customers',
  record: customerRecord,
  fill: withId,
  agree: (record) => (record['mergedInto'] === record['id'] ? [{ pointer: '/mergedInto', detail: 'nobody turns out to be himself', accepted: 'another id, or null' }] : []),
  filedBy: 'mail',
  filedUnder: ({ mail }) => texts(mail).map(toMailKey),
};

const segments: CollectionSpec = { system: 'crm', name: 'segments', record: segmentRecord, fill: withId, agree: () => [] };

const orders: CollectionSpec = {
  system: 'oms',
  name: 'orders',
  record: orderRecord,
  fill: withId,
  agree: (record) => {
    const sum = missedTotal(orderRecord.parse(record));
    return sum === undefined ? [] : [{ pointer: '/total', detail: 'the sums and the freight are another total', accepted: quote(sum) }];
  },
  filedBy: 'reference',
  filedUnder: ({ reference }) => texts(reference),
};

/** What a tester writes and an adapter reads. */
export const collectionSpecs: readonly CollectionSpec[] = [products, categories, stock, sales, shipments, prices, promotions, customers, segments, orders];
export const collections = { stock, sales, shipments, customers, orders } as const;

/** Answers by idempotency key. */
export const repliesOf = Object.fromEntries(systemNames.map((system) => [system, { system, name: 'replies' }])) as Readonly<Record<SystemName, Kept>>;

/** One record for a payment intent and all that happened to it; found by what the shop wrote into its metadata. */
export const pspPayments: Kept = {
  system: 'psp',
  name: 'payments',
  filedUnder: ({ intent }) => Object.entries((intent as { metadata?: Fields } | undefined)?.metadata ?? {}).map(([name, value]) => `${name}=${String(value)}`),
};
export const pspEvents: Kept = { system: 'psp', name: 'events' };
export const identityKeys: Kept = { system: 'identity', name: 'keys' };

/** Everything that the store keeps. */
export const keptCollections: readonly Kept[] = [...collectionSpecs, ...Object.values(repliesOf), pspPayments, pspEvents, identityKeys];

/** Two ways to write one address are one address. */
function toMailKey(mail: string): string {
  return mail.trim().toLowerCase();
}

const texts = (value: unknown): string[] => (typeof value === 'string' ? [value] : []);

/** Both are local times of one form, so text compares like time. */
function endsAfterStart({ starts, ends }: Fields): readonly ProblemPlace[] {
  return starts !== null && ends !== null && String(ends) <= String(starts) ? [{ pointer: '/ends', detail: 'an entry ends after it starts', accepted: `a time after ${quote(starts)}, or null` }] : [];
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

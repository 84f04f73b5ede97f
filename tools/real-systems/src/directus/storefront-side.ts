/** What has arrived at the other end of the line, compared with what Directus holds. */
import { isDeepStrictEqual } from 'node:util';
import type { System } from '@steward/start';
import { Client } from 'pg';
import { until } from '../proof';
import type { Catalogue, Shown } from './directus-shop';

interface Part {
  readonly entity: 'product' | 'category';
  readonly key: string;
  readonly data: {
    readonly texts: Readonly<Record<string, { readonly name: string }>>;
    readonly status: string;
    readonly brand: string | null;
    readonly categoryIds: readonly string[];
    readonly variants: readonly { sku: string; gtin: string | null }[];
    readonly parentId: string | null;
    readonly position: number;
  } | null;
}

export interface StorefrontSide {
  /** Everything that is stored and not deleted. */
  catalogue(): Promise<Catalogue>;
  /** Keys with a tombstone. */
  deleted(entity: Part['entity']): Promise<string[]>;
  /** Open cases of the guard, as the adapter's owner sees them. */
  held(): Promise<{ entity: string; kind: string }[]>;
  /** Makes a full pass due, which by its interval comes once an hour. */
  passAgain(): Promise<void>;
  /** Whether a full pass of the entity has read some of its pages and not all. */
  passUnderWay(entity: Part['entity']): Promise<boolean>;
  close(): Promise<void>;
}

export async function openStorefrontSide(system: System): Promise<StorefrontSide> {
  const gateway = new Client(system.databaseUrl('gateway'));
  const pim = new Client(system.databaseUrl('pim'));
  await gateway.connect();
  await pim.connect();
  const parts = async (): Promise<Part[]> => (await gateway.query<Part>(`select entity, key, data from stored_part where entity in ('product', 'category') order by key`)).rows;
  return {
    catalogue: async () => {
      const alive = (await parts()).filter(({ data }) => data !== null);
      const shown = (entity: Part['entity']): Record<string, Shown> => Object.fromEntries(alive.filter((part) => part.entity === entity).map((part) => [part.key, shownOf(part)]));
      return { products: shown('product'), categories: shown('category') };
    },
    deleted: async (entity) => (await parts()).filter((part) => part.entity === entity && part.data === null).map(({ key }) => key),
    held: async () => (await pim.query<{ entity: string; kind: string }>(`select entity, kind from held_change where state = 'open' order by entity`)).rows,
    passAgain: async () => {
      // One that is under way would end as if it were this one.
      await until('no full pass is under way', async () => (await pim.query('select 1 from feed where pass_id is not null')).rowCount === 0);
      await pim.query(`update feed set last_pass_at = last_pass_at - interval '1 day'`);
    },
    passUnderWay: async (entity) => (await pim.query('select 1 from feed where entity = $1 and pass_cursor is not null and not pass_read', [entity])).rowCount === 1,
    close: async () => {
      await gateway.end();
      await pim.end();
    },
  };
}

function shownOf({ entity, data }: Part): Shown {
  if (data === null) throw new TypeError('a tombstone shows nothing');
  const names = Object.fromEntries(Object.entries(data.texts).map(([language, { name }]) => [language, name]));
  const place = entity === 'category' ? [data.parentId, data.position] : [data.status, data.brand, data.categoryIds, data.variants.map(({ sku, gtin }) => [sku, gtin])];
  return { names, place };
}

export const agree = (one: Catalogue, other: Catalogue): boolean => isDeepStrictEqual(one, other);

import type { Database } from '@steward/platform';
import type { Product } from '@steward/contracts';
import type { SkuPrices } from '../price/price.store';
import type { SkuAvailability } from './availability';
import type { ProductDocument } from './document';

export interface Found {
  /** What was asked for: a product id or a variant's SKU. */
  wanted: string;
  document: ProductDocument;
  /** Length of its JSON texts, for the cache's accounting. */
  contentLength: number;
}

/** Reads of the composed documents. One look-up each; JSON comes as text and is parsed once per document revision. */
export interface DocumentQueries {
  find: (wanted: readonly string[]) => Promise<Found[]>;
  /** All products on sale, so many at a time: those after a product id in byte order. */
  walk: (most: number, after: string | null) => Promise<Found[]>;
  /** How many products are on sale. */
  count: () => Promise<number>;
  /** Id of the product on sale with so many before it; null when there are fewer. */
  startOf: (offset: number) => Promise<string | null>;
}

const columns = `d.product_id, d.revision::float8 as revision, d.skus, d.content::text as content,
  (extract(epoch from d.content_changed_at) * 1000)::float8 as content_changed_at, d.availability::text as availability, d.prices::text as prices`;

interface Row {
  wanted: string;
  product_id: string;
  revision: number;
  skus: string[];
  content: string;
  content_changed_at: number;
  availability: string;
  /** null until the worker has come by, in documents from before prices were composed. */
  prices: string | null;
}

export function documentQueries(database: Database): DocumentQueries {
  return {
    find: async (wanted) => {
      const rows = await database.query<Row>(
        {
          name: 'documents-find',
          // A product's own id wins over a variant of the same name; of several products with the SKU one on sale does.
          text: `
            select w.wanted, f.* from unnest($1::text[]) as w (wanted)
            cross join lateral (
              select ${columns} from document d
              where d.product_id in (select w.wanted union all select k.product_id from document_sku k where k.sku = w.wanted)
                and d.visibility <> 'hidden'
              order by d.product_id <> w.wanted, d.visibility <> 'listed', d.product_id limit 1
            ) f`,
        },
        [wanted],
      );
      return rows.map(toFound);
    },
    walk: async (most, after) => {
      const rows = await database.query<Row>(
        {
          name: 'documents-walk',
          text: `select d.product_id as wanted, ${columns} from document d
            where d.visibility = 'listed' and d.product_id > $1 order by d.product_id limit $2`,
        },
        [after ?? '', most],
      );
      return rows.map(toFound);
    },
    count: async () => {
      const [row] = await database.query<{ count: number }>(`select count(*)::float8 as count from document where visibility = 'listed'`);
      return row?.count ?? 0;
    },
    startOf: async (offset) => {
      const [row] = await database.query<{ product_id: string }>(`select product_id from document where visibility = 'listed' order by product_id offset $1 limit 1`, [offset]);
      return row?.product_id ?? null;
    },
  };
}

function toFound(row: Row): Found {
  return {
    wanted: row.wanted,
    contentLength: row.content.length + (row.prices?.length ?? 0),
    document: {
      productId: row.product_id,
      revision: row.revision,
      // The contract's validator checked it before the gate stored it.
      content: JSON.parse(row.content) as Product,
      contentChangedAt: Math.round(row.content_changed_at),
      skus: row.skus,
      availability: JSON.parse(row.availability) as SkuAvailability[],
      prices: row.prices === null ? [] : (JSON.parse(row.prices) as SkuPrices[]),
    },
  };
}

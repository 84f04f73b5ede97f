/**
 * Products and categories of Directus 12, in a data model as its editor makes it:
 *
 *   products    id (auto-increment), sku, status, brand, attributes (JSON), translations, variants, categories, media
 *   variants    id, products_id, sku, gtin, attributes (JSON), sort
 *   categories  id (auto-increment), parent, sort, translations
 *   products_categories, products_files, products_translations, categories_translations: as Directus makes them, with products_id,
 *               categories_id and sort; translations have languages_code, name, slug, description, seo_title, seo_description
 *
 * Collections may have other names, fields may not.
 *
 * 1. A product's row does not move when a translation, a variant or a junction row of it does. What is polled is the activity of
 *    all these collections, and what is read is the product that they belong to.
 * 2. Activity gets its id and time when it is written and becomes visible when its transaction commits: a bulk import shows up
 *    behind the cursor. The overlap goes back by time. Only a collection whose "Activity & Revisions" are tracked has any.
 * 3. A deletion is an activity with the key: a hint. What a deletion takes along in the database (a category's rows in the junction)
 *    leaves no activity, and a part that is deleted or moved by itself no longer names the product it was of: the full pass finds
 *    both. The editor deletes parts through their product, which is an activity of the product.
 * 4. Pages go by id, and only numbers can be compared in a filter: keys are auto-incremented. They are no SKUs, so that a product
 *    without variants is its own one variant.
 * 5. A row that the token may not read is missing in every answer, with HTTP 200; the guard holds what would look deleted.
 */
import { defineConnector, defineFeed, type Feed } from '@steward/adapter-kit';
import { category, product } from '@steward/contracts';
import { envTypes } from '@steward/platform';
import { z } from 'zod';
import { directusClient } from './directus.client';
import { flowWebhook } from './flow-webhook';
import { categoryWire, productWire, rowId } from './directus.wire';
import { type Entity, entityReads } from './entity-reads';
import { toCategory, toProduct } from './translate';

const collectionName = (name: string) => z.string().regex(/^[A-Za-z0-9_]+$/).default(name);

const env = {
  STEWARD_DIRECTUS_URL: envTypes.httpUrl.describe('https://directus.example'),
  STEWARD_DIRECTUS_TOKEN: z.string().min(1).describe('static token of a user that may read the collections, their relations and directus_activity'),
  STEWARD_DIRECTUS_WEBHOOK_SECRET: envTypes.secrets(16).describe('what the Flow sends in the header x-steward-token, 16 characters or more; several separated by commas while one replaces another'),
  STEWARD_DIRECTUS_ASSETS_URL: envTypes.httpUrl.optional().describe('where the public finds files; https://directus.example/assets unless set'),
  STEWARD_DIRECTUS_PRODUCTS: collectionName('products').describe('collection of products'),
  STEWARD_DIRECTUS_VARIANTS: collectionName('variants').describe('collection of variants'),
  STEWARD_DIRECTUS_CATEGORIES: collectionName('categories').describe('collection of categories'),
  STEWARD_DIRECTUS_POLL_MS: envTypes.milliseconds(100).default(2_000).describe('how often activity is polled'),
  STEWARD_DIRECTUS_FULL_PASS_MS: envTypes.milliseconds(1_000).default(3_600_000).describe('how often everything is read, to find what left no activity'),
  STEWARD_DIRECTUS_PAGE: z.coerce.number().int().min(1).max(1_000).default(100).describe('products or categories a request of the full pass'),
};

const textFields = ['languages_code', 'name', 'slug', 'description', 'seo_title', 'seo_description'].map((field) => `translations.${field}`);
// One more than the contract takes of each.
const texts = { _limit: 1_001, _sort: ['languages_code', 'id'] };

export const directusConnector = defineConnector({
  vendor: 'directus',
  env,
  limits: { concurrency: 4, perSecond: 60 }, // one Directus process answers 70 to 110 reads a second, and has people to serve
  open: ({ env: settings, http }) => {
    const { STEWARD_DIRECTUS_PRODUCTS: products, STEWARD_DIRECTUS_VARIANTS: variants, STEWARD_DIRECTUS_CATEGORIES: categories } = settings;
    const client = directusClient(http, { url: settings.STEWARD_DIRECTUS_URL, token: settings.STEWARD_DIRECTUS_TOKEN });
    const assetsUrl = (settings.STEWARD_DIRECTUS_ASSETS_URL ?? `${settings.STEWARD_DIRECTUS_URL.replace(/\/$/, '')}/assets`).replace(/\/$/, '');

    const productEntity: Entity = {
      collection: products,
      parts: [`${products}_translations`, `${products}_categories`, `${products}_files`, variants],
      owner: 'products_id',
      fields: [
        ...['id', 'sku', 'status', 'brand', 'attributes', ...textFields],
        ...['sku', 'gtin', 'attributes'].map((field) => `variants.${field}`),
        ...['categories.categories_id', 'media.directus_files_id.id', 'media.directus_files_id.type'],
      ],
      deep: {
        translations: texts,
        variants: { _limit: 2_001, _sort: ['sort', 'id'] },
        categories: { _limit: 201, _sort: ['sort', 'id'] },
        media: { _limit: 501, _sort: ['sort', 'id'] },
      },
    };
    const categoryEntity: Entity = {
      collection: categories,
      parts: [`${categories}_translations`],
      owner: 'categories_id',
      fields: ['id', 'parent', 'sort', ...textFields],
      deep: { translations: texts },
    };

    const shared = {
      keyOf: ({ id }: { id: string }) => id,
      rawKeyOf: (raw: unknown) => z.object({ id: rowId }).safeParse(raw).data?.id,
      pace: {
        pollEveryMs: settings.STEWARD_DIRECTUS_POLL_MS,
        // Longer than any import that somebody starts by hand.
        overlapMs: 600_000,
        overlapEveryMs: 10_000,
        fullPassEveryMs: settings.STEWARD_DIRECTUS_FULL_PASS_MS,
        safetyLagMs: 1_000,
      } satisfies Feed['pace'],
    };
    const limit = settings.STEWARD_DIRECTUS_PAGE;
    return {
      feeds: [
        defineFeed({ contract: product, wire: productWire, translate: (item) => toProduct(item, assetsUrl), ...shared, ...entityReads(client, productEntity, limit) }),
        defineFeed({ contract: category, wire: categoryWire, translate: toCategory, ...shared, ...entityReads(client, categoryEntity, limit) }),
      ],
      webhook: flowWebhook(settings.STEWARD_DIRECTUS_WEBHOOK_SECRET, new Map([[products, product.entity], [categories, category.entity]])),
    };
  },
});

import { listParameters } from '../storefront/list-query';
import { checkoutPaths } from './openapi.checkout';
import { context, page, path, refusals } from './openapi.parts';
import { schemas } from './openapi.schemas';

const parameterDescriptions: Readonly<Record<string, { description: string; schema?: object }>> = {
  ...Object.fromEntries(page.map(({ name, description, schema }) => [name, { description, schema }])),
  category: { description: 'Id of a category; all that hang below it count.' },
  search: { description: 'Words: names in the language of the context, brands, SKUs, GTINs, values of attributes. Beginnings of words are found too.', schema: { type: 'string', maxLength: 200 } },
  availability: { description: 'Any of these states, separated by commas, as last told: `IN_STOCK,LOW_STOCK`.' },
  sort: { description: 'What has no price comes last either way.', schema: { enum: ['id', 'name', 'price', '-price', 'relevance'] } },
  'attribute.<name>': { description: '`attribute.colour=red`: a value of the attribute; given several times, any of them. Several attributes must all hold.' },
};

const answer = (description: string, schema: string) => ({
  description,
  headers: Object.fromEntries(
    ['ETag', 'Cache-Control', 'Vary', 'Steward-Context', 'X-Degraded', 'RateLimit', 'RateLimit-Policy'].map((name) => [name, { schema: { type: 'string' } }]),
  ),
  content: { 'application/json': { schema: { $ref: `#/components/schemas/${schema}` } } },
});
const other = (description: string, type: string) => ({ description, content: { [type]: { schema: { type: 'string' } } } });

function operation(operationId: string, summary: string, parameters: object[], ok: object, statuses: number[] = [400, 429, 503]) {
  return { get: { operationId, summary, parameters, responses: { 200: ok, 304: { description: 'Not modified.' }, ...refusals(...statuses) } } };
}

/** REST in OpenAPI 3.1. */
export const openapiDocument = {
  openapi: '3.1.0',
  info: {
    title: 'Steward storefront',
    version: '1',
    license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
    description: 'Products with prices and availability from a read model of their own: a read calls no other system, and every field says how old it is. GraphQL offers the same at /graphql.',
  },
  paths: {
    '/v1/products/{sku}': operation('product', "A product, by its id or a variant's SKU", [path('sku', "A product's id or a variant's SKU."), ...context], answer('The product.', 'Product'), [400, 404, 429, 503]),
    '/v1/products': operation(
      'products',
      'Products on sale',
      [...listParameters.map((name) => ({ name, in: 'query', required: false, ...(parameterDescriptions[name] ?? {}), schema: parameterDescriptions[name]?.schema ?? { type: 'string' } })), ...context],
      answer('A page of products.', 'ProductList'),
      [400, 404, 429, 503],
    ),
    '/v1/products/{sku}/json-ld': operation('jsonLd', "schema.org's words for the product's page", [path('sku', "A product's id or a variant's SKU."), ...context], other('JSON-LD, safe inside a script element.', 'application/ld+json'), [400, 404, 429, 503]),
    '/v1/categories': operation('categories', 'The tree of categories', context, answer('The top of the tree with all that hangs below.', 'CategoryTree'), [400, 429]),
    '/v1/categories/{id}': operation('category', 'A category with all that hang below it', [path('id', "The category's id."), ...context], answer('The category.', 'Category'), [400, 404, 429]),
    '/sitemap.xml': operation('sitemap', 'Index of the sitemaps', [], other('Sitemap index.', 'application/xml'), [429, 503]),
    '/sitemaps/{name}.xml': operation('sitemapPart', 'A sitemap that the index names', [path('name', '`categories` or `products-1`, …')], other('Sitemap with language alternates.', 'application/xml'), [404, 429, 503]),
    '/feeds/{market}/{language}/merchant.xml': operation('merchantFeed', "A product feed by Google's product data specification", [path('market', 'A market of this shop.'), path('language', 'BCP 47.')], other('RSS 2.0.', 'application/xml'), [400, 429, 503]),
    ...checkoutPaths,
  },
  components: { schemas, securitySchemes: { customer: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'A token of the issuer. Without one, a guest.' } } },
} as const;

/** JSON Schemas of REST's answers. A test holds real answers against them, closed: a field that is not told here is a fault. */

import { closed, instant, list, maybe, pageAnswer, ref, text } from './openapi.parts';
import { checkoutSchemas } from './openapi.checkout.schemas';

const aged = { asOf: maybe(instant, 'Since when this is known to be true.'), stale: { type: 'boolean', description: 'Past its freshness budget.' } };
const seo = closed({ title: maybe(text), description: maybe(text) });

export const schemas = {
  ...checkoutSchemas,
  Money: closed({
    minorUnits: { ...text, description: 'Integer of minor units, as text: no number type can round it.', pattern: '^-?[0-9]+$' },
    currency: { ...text, description: 'ISO 4217.', pattern: '^[A-Z]{3}$' },
    fractionDigits: { type: 'integer' },
    amount: { ...text, description: 'Decimal number with exactly that many digits behind the point.' },
  }),
  Price: closed(
    {
      value: maybe(ref('Money'), 'null when there is none; then `reason` says why.'),
      listValue: maybe(ref('Money'), 'What the value is compared with (struck through).'),
      tax: maybe({ enum: ['INCLUDED', 'EXCLUDED'] }),
      reason: maybe({ enum: ['NOT_IN_MARKET', 'NOT_IN_CURRENCY', 'NOT_FOR_GROUP', 'NOT_FOR_QUANTITY', 'NOT_NOW', 'UNKNOWN'] }),
      entry: maybe(
        closed({ id: text, market: text, currency: text, customerGroup: text, minQuantity: { type: 'integer' }, validFrom: maybe(instant), validTo: maybe(instant), revision: { type: 'number' } }),
        "The price list's entry that holds.",
      ),
      tiers: list(closed({ minQuantity: { type: 'integer' }, value: ref('Money') })),
      validUntil: maybe(instant, 'The next moment at which time alone may change it.'),
      ...aged,
    },
    "For one piece, in the context's market and currency, for its customer group.",
  ),
  Availability: closed({
    state: { enum: ['IN_STOCK', 'LOW_STOCK', 'OUT_OF_STOCK', 'BACKORDER', 'UNKNOWN'] },
    quantity: maybe({ type: 'integer' }, 'null when unknown, which is not zero.'),
    expectedAt: maybe(instant),
    ...aged,
  }),
  Crumb: closed({ id: text, name: text, slug: maybe(text) }),
  Product: closed({
    id: text,
    sku: text,
    status: { enum: ['ACTIVE', 'ARCHIVED'] },
    language: maybe(text, 'The language really shown.'),
    name: text,
    description: maybe(text),
    slug: maybe(text),
    seo,
    brand: maybe(text),
    categoryIds: list(text),
    breadcrumbs: list(ref('Crumb')),
    attributes: { type: 'object', additionalProperties: { anyOf: [text, { type: 'number' }, { type: 'boolean' }, list(text)] } },
    media: list(closed({ url: text, kind: { enum: ['image', 'video', 'document', 'other'] }, alt: maybe(text) })),
    variants: list(closed({ sku: text, gtin: maybe(text), attributes: { type: 'object', additionalProperties: text }, price: ref('Price'), availability: ref('Availability') })),
    price: ref('Price'),
    priceVaries: { type: 'boolean', description: 'Whether its SKUs differ in price; `price` is the lowest.' },
    availability: ref('Availability'),
    revision: { type: 'number', description: 'Grows with each change of any part.' },
    contentChangedAt: instant,
    ...aged,
  }),
  ProductList: closed({
    items: list(ref('Product')),
    page: pageAnswer,
  }),
  Category: closed({ id: text, language: maybe(text), name: text, slug: maybe(text), description: maybe(text), seo, breadcrumbs: list(ref('Crumb')), children: list(ref('Category')), ...aged }),
  CategoryTree: closed({ items: list(ref('Category')) }),
  Problem: closed(
    {
      type: text,
      title: text,
      status: { type: 'integer' },
      code: text,
      detail: text,
      errors: list(closed({ pointer: text, detail: text, accepted: text })),
      traceId: text,
    },
    'RFC 9457. `code` is stable; `errors` names the place and what is accepted there.',
  ),
} as const;

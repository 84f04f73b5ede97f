import { closed, instant, list, maybe, ref, text } from './openapi.parts';

const open = (properties: Readonly<Record<string, object>>, required: readonly string[], description: string) => ({ type: 'object', required, additionalProperties: false, properties, description });
const sku = { ...text, minLength: 1, maxLength: 200 };
const quantity = { type: 'integer', minimum: 1, maximum: 1_000_000 };
const amounts = { net: ref('Money'), tax: ref('Money'), gross: ref('Money') };
const rate = { type: 'integer', description: 'Tax rate in hundredths of a percent.' };
const promise = { ...text, description: 'A signed price (JWS): to be given back unchanged with an order.' };

/** What goes in is strict too: unknown fields, fields given twice, fractions and integers beyond 2^53 are refused. */
export const checkoutSchemas = {
  CartInput: open(
    {
      lines: { ...list(closed({ sku, quantity })), minItems: 1, maxItems: 200 },
      codes: maybe(list(text), 'Codes of promotions.'),
      shippingMethod: maybe(text, "The market's first one unless given."),
    },
    ['lines'],
    'What a shopper wants to buy. Market, currency and customer come with the request.',
  ),
  Amounts: closed(amounts),
  CartPrice: closed({
    unit: ref('Money'),
    list: maybe(ref('Money'), 'What the unit price is compared with (struck through).'),
    discount: { ...ref('Money'), description: 'Of the whole line.' },
    taxMode: { enum: ['INCLUDED', 'EXCLUDED'], description: 'Whether unit and discount hold the tax.' },
    taxRateBp: rate,
    promotions: list(text),
    entry: closed({ id: text, revision: { type: 'number' } }, "The price list's entry that holds."),
    ...amounts,
  }),
  LineIssue: closed({
    code: { enum: ['UNKNOWN_SKU', 'NOT_SOLD', 'NO_PRICE', 'OUT_OF_STOCK', 'NOT_ENOUGH_STOCK'] },
    reason: maybe({ enum: ['NOT_IN_MARKET', 'NOT_IN_CURRENCY', 'NOT_FOR_GROUP', 'NOT_FOR_QUANTITY', 'NOT_NOW'] }, 'Of NO_PRICE.'),
  }),
  CartLine: closed({
    sku: text,
    quantity: { type: 'integer' },
    price: maybe(ref('CartPrice'), 'null when the line can not be ordered; then `issue` says why.'),
    availability: maybe(ref('Availability')),
    issue: maybe(ref('LineIssue'), 'Too little stock is told and not decided: whoever reserves decides.'),
    promise: maybe(promise),
  }),
  CartShipping: closed({ method: text, taxRateBp: rate, ...amounts, promise }),
  Cart: closed({
    market: text,
    currency: text,
    lines: list(ref('CartLine')),
    shipping: maybe(ref('CartShipping'), 'null where nothing is charged for it.'),
    discount: ref('Money'),
    totals: ref('Amounts'),
    orderable: { type: 'boolean', description: 'Whether each line has a promise.' },
    validUntil: maybe(instant, 'When the first of the promises ends.'),
  }),
} as const;

import { contextHeaders } from '../storefront/context';

const contextDescriptions: Readonly<Record<keyof typeof contextHeaders, string>> = {
  market: 'A market of this shop; the first one unless given.',
  language: 'BCP 47; English unless given. The language really shown comes back.',
  currency: "ISO 4217; the market's own unless given.",
  channel: 'Echoed, selects nothing.',
  customerGroup: "The token's, or `public` unless given.",
};

export const context = Object.entries(contextHeaders).map(([field, name]) => ({
  name,
  in: 'header',
  required: false,
  description: contextDescriptions[field as keyof typeof contextHeaders],
  schema: { type: 'string' },
}));

export const text = { type: 'string' } as const;
export const maybe = (schema: object, description?: string) => ({ anyOf: [schema, { type: 'null' }], ...(description === undefined ? {} : { description }) });
export const instant = { type: 'string', format: 'date-time' } as const;
export const list = (items: object) => ({ type: 'array', items });

export function closed(properties: Readonly<Record<string, object>>, description?: string) {
  return { type: 'object', required: Object.keys(properties), additionalProperties: false, properties, ...(description === undefined ? {} : { description }) };
}

export const body = (schema: string) => ({ required: true, content: { 'application/json': { schema: ref(schema) } } });

export const header = (name: string, description: string, required = false) => ({ name, in: 'header', required, description, schema: { type: 'string' } });
export const keyOf = (what: string) => header('Idempotency-Key', `16 to 255 visible ASCII characters, such as a UUID: a new one for each ${what}, the same one for each repetition.`, true);

export const path = (name: string, description: string) => ({ name, in: 'path', required: true, description, schema: { type: 'string' } });

/** Of every list. */
export const page = [
  { name: 'first', in: 'query', required: false, description: 'How many, at most 250.', schema: { type: 'integer', minimum: 1, maximum: 250, default: 20 } },
  { name: 'after', in: 'query', required: false, description: 'Cursor of an earlier page of the same list (`page.next`).', schema: text },
];
export const pageAnswer = closed({ first: { type: 'integer' }, hasNext: { type: 'boolean' }, next: maybe(text, 'To be given as `after`.') });

export const ref = (name: string) => ({ $ref: `#/components/schemas/${name}` });

export const json = (description: string, schema: object, headers: readonly string[] = []) => ({
  description,
  headers: Object.fromEntries(headers.map((name) => [name, { schema: { type: 'string' } }])),
  content: { 'application/json': { schema } },
});

export const refusals = (...statuses: number[]) =>
  Object.fromEntries(statuses.map((status) => [status, { description: 'Refused; the code says why.', content: { 'application/problem+json': { schema: ref('Problem') } } }]));

/** What whoever has signed in may do, and guests too. */
export const everybody = [{}, { customer: [] }];

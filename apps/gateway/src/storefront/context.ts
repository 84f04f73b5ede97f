import { RejectedError } from '@steward/platform';

/** What an answer depends on besides the thing asked for. null = not given; the gateway then decides. */
export interface Context {
  market: string | null;
  language: string | null;
  currency: string | null;
  channel: string | null;
  customerGroup: string | null;
}

export type ContextField = keyof Context;

export const noContext: Context = Object.freeze({ market: null, language: null, currency: null, channel: null, customerGroup: null });

/** Both ways in: the header of REST (and of GraphQL), the argument of `@inContext`. */
export const contextHeaders: Readonly<Record<ContextField, string>> = {
  market: 'steward-market',
  language: 'steward-language',
  currency: 'steward-currency',
  channel: 'steward-channel',
  customerGroup: 'steward-customer-group',
};

const fields = Object.keys(contextHeaders) as ContextField[];

/** The echo names all of the context, and prices will depend on all of it: so does each shared cache's key. */
export const varyOnContext = fields.map((field) => contextHeaders[field]).join(', ');

const shapes: Readonly<Record<ContextField, { pattern: RegExp; accepted: string }>> = {
  market: { pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,31}$/, accepted: 'a market code of letters, digits, - and _, at most 32' },
  language: { pattern: /^[a-z]{2,3}(-[A-Z][a-z]{3})?(-([A-Z]{2}|[0-9]{3}))?$/, accepted: 'a BCP 47 tag such as de or de-AT' },
  currency: { pattern: /^[A-Z]{3}$/, accepted: 'an ISO 4217 code such as EUR' },
  channel: { pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, accepted: 'a channel code of letters, digits, - and _, at most 64' },
  customerGroup: { pattern: /^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$/, accepted: 'a group code of letters, digits, - and _, at most 64' },
};

type Given = Readonly<Record<string, unknown>>;

export function contextOfHeaders(headers: Given): Context {
  // The usual case costs five look-ups and no object.
  if (fields.every((field) => headers[contextHeaders[field]] === undefined)) return noContext;
  return checked((field) => headers[contextHeaders[field]], (field) => contextHeaders[field]);
}

/** `@inContext` over the headers: what both name must be equal, else nobody knows what was meant. */
export function contextOfDirective(args: Given, headers: Context): Context {
  const directive = checked((field) => args[field], (field) => `@inContext(${field})`);
  const merged = { ...headers };
  for (const field of fields) {
    const value = directive[field];
    if (value === null) continue;
    if (headers[field] !== null && headers[field] !== value)
      throw new RejectedError('GATEWAY_CONTEXT_CONFLICT', `${contextHeaders[field]}: ${headers[field]}, but @inContext(${field}: ${value})`, {
        place: `@inContext(${field})`,
        accepted: 'the same value in both, or only one of them',
      });
    merged[field] = value;
  }
  return merged;
}

function checked(valueOf: (field: ContextField) => unknown, placeOf: (field: ContextField) => string): Context {
  const context = { ...noContext };
  for (const field of fields) {
    const value = valueOf(field);
    if (value === undefined || value === null) continue;
    if (typeof value !== 'string' || !shapes[field].pattern.test(value))
      throw new RejectedError('GATEWAY_CONTEXT_REFUSED', `${placeOf(field)} is not ${shapes[field].accepted}`, {
        place: placeOf(field),
        accepted: shapes[field].accepted,
      });
    context[field] = value;
  }
  return context;
}

/** `language=de, market=DE`: the context that was really used, as a header value. */
export function contextText(context: Context): string {
  return fields.flatMap((field) => (context[field] === null ? [] : `${field}=${context[field]}`)).join(', ');
}

/**
 * What may reach a log line. Invariants:
 * 1. Allowed is what is plain: numbers, booleans, short texts, plain objects and arrays of them, errors by chosen fields. A socket,
 *    a database client, a request or a buffer is named, never walked: such objects carry connection strings and payloads.
 * 2. A field named like a secret or like a payload is hidden whatever it holds.
 * 3. Every text loses this process's own secrets, the credentials of addresses, bearer tokens and signatures in it, error messages
 *    and stacks included.
 */
import { types } from 'node:util';
import { isSecretName, maskAddresses } from '../env/mask';

const hidden = '[hidden]';
const hiddenNames = /^(authorization|cookie|set-cookie|headers|body|rawbody|payload|data|parameters|values|url_with_credentials|connectionstring|database_url|nats_url|pass|signature|x-sandbox-signature)$/i;
const maxText = 2_000;
const maxItems = 50;
const maxDepth = 4;

const tokens: readonly [RegExp, string][] = [
  [/\b(Bearer|Basic)\s+[\w.~+/=-]+/gi, '$1 ***'],
  [/\bsha(256|512)=[0-9a-f]{16,}/gi, 'sha$1=***'],
  [/\beyJ[\w-]+\.[\w-]+\.[\w-]+/g, '***'], // a JSON web token
  [/\b(password|passwd|secret|token|api_?key)(["']?\s*[=:]\s*["']?)[^\s"',;&)]+/gi, '$1$2***'],
];

const kept = new Set<string>();
/** Shorter ones would be found in any text by chance. */
const shortestSecret = 8;

/** A secret of this process, which no text shows from now on: a vendor's error may quote the request that carried it. */
export function keepSecret(value: string): void {
  if (value.length < shortestSecret) return;
  kept.add(value);
  kept.add(JSON.stringify(value).slice(1, -1));
}

/** The text without secrets: those of this process, and patterns that are known to appear in texts. */
export function cleanText(text: string): string {
  let clean = maskAddresses(text);
  for (const secret of kept) clean = clean.replaceAll(secret, '***');
  for (const [pattern, instead] of tokens) clean = clean.replace(pattern, instead);
  return clean.length > maxText ? `${clean.slice(0, maxText)}… (${clean.length} characters)` : clean;
}

/** The fields of a log line as they may be written. */
export function cleanFields(fields: Record<string, unknown>): Record<string, unknown> {
  return cleanObject(fields, 0);
}

function cleanObject(object: object, depth: number): Record<string, unknown> {
  return Object.fromEntries(
    Object.entries(object).map(([name, value]) => [name, isSecretName(name) || hiddenNames.test(name) ? hidden : cleanValue(value, depth + 1)]),
  );
}

function cleanValue(value: unknown, depth: number): unknown {
  if (typeof value === 'string') return cleanText(value);
  if (typeof value === 'bigint') return value.toString();
  if (types.isNativeError(value)) return cleanError(value);
  if (types.isDate(value)) return Number.isNaN(value.getTime()) ? 'invalid date' : value.toISOString();
  if (value instanceof URL) return cleanText(value.href);
  if (typeof value !== 'object' || value === null) return typeof value === 'function' || typeof value === 'symbol' ? `[${typeof value}]` : value;
  if (depth > maxDepth) return '[deep]';
  if (Array.isArray(value)) {
    const items = value.slice(0, maxItems).map((item) => cleanValue(item, depth + 1));
    return value.length > maxItems ? [...items, `… (${value.length} items)`] : items;
  }
  const prototype: unknown = Object.getPrototypeOf(value);
  // Objects of another realm (jest's sandbox) have their own Object.prototype: no constructor of a class is what counts.
  if (prototype === null || Object.getPrototypeOf(prototype) === null) return cleanObject(value, depth);
  return `[${value.constructor.name}]`;
}

/** Logs only chosen fields: errors of libraries contain queries, parameters, requests and rows. */
export function cleanError(error: unknown, depth = 0): unknown {
  if (!types.isNativeError(error)) return cleanValue(error, 1);
  const code: unknown = 'code' in error ? error.code : undefined;
  // Node's "all addresses refused" has an empty message and tells the truth in `errors` only.
  const inner: unknown[] = 'errors' in error && Array.isArray(error.errors) ? error.errors.slice(0, 5) : [];
  return {
    type: error.name,
    message: cleanText(error.message),
    ...(typeof code === 'string' || typeof code === 'number' ? { code } : {}),
    ...(error.stack === undefined ? {} : { stack: cleanText(error.stack) }),
    ...(error.cause === undefined || depth >= 4 ? {} : { cause: cleanError(error.cause, depth + 1) }),
    ...(inner.length === 0 || depth >= 4 ? {} : { errors: inner.map((each) => cleanError(each, depth + 1)) }),
  };
}

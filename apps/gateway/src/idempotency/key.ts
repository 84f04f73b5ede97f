import { hash } from 'node:crypto';
import { RejectedError, type JsonValue } from '@steward/platform';
import { canonicalText } from '../input/body';
import type { Request } from './idempotency.store';

/** Long enough that nobody guesses another guest's, short enough for an index. */
const SHAPE = /^[\x21-\x7e]{16,255}$/;

/** The header's value, with or without the quotes of a structured field (draft-ietf-httpapi-idempotency-key-header-07). */
export function keyOf(header: unknown, place = 'idempotency-key'): string {
  const text = typeof header === 'string' ? header.trim() : '';
  const key = /^"(.*)"$/.exec(text)?.[1] ?? text;
  if (SHAPE.test(key)) return key;
  throw new RejectedError('IDEMPOTENCY_KEY_REFUSED', text === '' ? 'it is missing' : `it has ${String(key.length)} characters, or some that are not accepted`, {
    place,
    accepted: '16 to 255 visible ASCII characters, such as a UUID: a new one for each order, the same one for each repetition',
  });
}

/**
 * What is made under a key has its id from the key, as a UUID of version 8: a gateway whose database comes from a backup, and does not know
 * the key, names the same thing, and everybody behind it knows that one already (S4, ADR 0024).
 */
export function resourceIdOf({ identity, operation, key }: Pick<Request, 'identity' | 'operation' | 'key'>): string {
  const digits = hash('sha256', JSON.stringify([identity, operation, key]), 'hex');
  return `${digits.slice(0, 8)}-${digits.slice(8, 12)}-8${digits.slice(13, 16)}-${'89ab'[parseInt(digits.slice(16, 17), 16) % 4] ?? ''}${digits.slice(17, 20)}-${digits.slice(20, 32)}`;
}

/** Of all that decides what comes of a request: body and context. */
export function requestHash(...parts: readonly JsonValue[]): string {
  return hash('sha256', canonicalText([...parts]), 'hex');
}

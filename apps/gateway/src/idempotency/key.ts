import { hash } from 'node:crypto';
import { RejectedError, type JsonValue } from '@steward/platform';
import { canonicalText } from '../input/body';

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

/** Of all that decides what comes of a request: body and context. */
export function requestHash(...parts: readonly JsonValue[]): string {
  return hash('sha256', canonicalText([...parts]), 'hex');
}

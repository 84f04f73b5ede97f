import { createHmac, timingSafeEqual } from 'node:crypto';
import type { WebhookSpec, WebhookVerdict } from './define';

export interface HmacScheme {
  readonly secret: string;
  readonly signatureHeader: string;
  readonly timestampHeader: string;
  /** What stands before the hexadecimal digest, such as `sha256=`. */
  readonly prefix?: string;
  /** Seconds since 1970 unless the vendor sends milliseconds. */
  readonly timestampUnitMs?: number;
}

/** Younger than this in either direction: clocks differ, and a captured request is worth nothing later. */
const replayWindowMs = 5 * 60_000;

/** Verifies HMAC-SHA-256 of `<timestamp>.<raw body>`, so that neither can be changed alone. */
export function hmacVerifier(scheme: HmacScheme): WebhookSpec['verify'] {
  return (rawBody, headers, nowMs): WebhookVerdict => {
    const signature = headers[scheme.signatureHeader];
    const timestamp = headers[scheme.timestampHeader];
    if (typeof signature !== 'string' || typeof timestamp !== 'string') return { ok: false, reason: 'unsigned' };
    const expected = (scheme.prefix ?? '') + createHmac('sha256', scheme.secret).update(`${timestamp}.`).update(rawBody).digest('hex');
    if (!equal(signature, expected)) return { ok: false, reason: 'signature' };
    // After the signature: a stranger learns nothing about our clock.
    const sentAt = Number(timestamp) * (scheme.timestampUnitMs ?? 1_000);
    if (!(Math.abs(nowMs - sentAt) <= replayWindowMs)) return { ok: false, reason: 'replay' };
    return { ok: true };
  };
}

function equal(given: string, expected: string): boolean {
  const left = Buffer.from(given);
  const right = Buffer.from(expected);
  // The length of a digest is no secret.
  return left.length === right.length && timingSafeEqual(left, right);
}

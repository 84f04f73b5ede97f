import { createHmac, timingSafeEqual } from 'node:crypto';
import type { WebhookSpec, WebhookVerdict } from './define';

export interface HmacScheme {
  /** Those that are accepted: the new one and the previous one while senders change over. */
  readonly secrets: readonly string[];
  readonly signatureHeader: string;
  readonly timestampHeader: string;
  /** What stands before the hexadecimal digest, such as `sha256=`. */
  readonly prefix?: string;
  /** Seconds since 1970 unless the vendor sends milliseconds. */
  readonly timestampUnitMs?: number;
}

/** Younger than this in either direction: clocks differ, and a captured request is worth nothing later. */
const replayWindowMs = 5 * 60_000;

/** Verifies an HMAC-SHA-256 over `<timestamp>.<raw body>`, so that neither can be changed without the other. */
export function hmacVerifier(scheme: HmacScheme): WebhookSpec['verify'] {
  const { signatureHeader, timestampHeader, prefix = '', timestampUnitMs = 1_000 } = scheme;
  const signed = `${prefix}<hex of HMAC-SHA-256 over "<${timestampHeader}>.<raw body>" with a shared secret>`;
  const stamped = `${timestampUnitMs === 1_000 ? 'seconds' : 'milliseconds'} since 1970, at most ${replayWindowMs / 1_000} s away from now`;
  return (rawBody, headers, nowMs): WebhookVerdict => {
    const signature = headers[signatureHeader];
    const timestamp = headers[timestampHeader];
    if (typeof signature !== 'string') return { ok: false, reason: 'unsigned', place: signatureHeader, accepted: signed };
    if (typeof timestamp !== 'string') return { ok: false, reason: 'unsigned', place: timestampHeader, accepted: stamped };
    // All of them, whichever fits: the time it takes says nothing of which one is in use.
    const fits = scheme.secrets.map((secret) => equal(signature, prefix + createHmac('sha256', secret).update(`${timestamp}.`).update(rawBody).digest('hex')));
    if (!fits.includes(true)) return { ok: false, reason: 'signature', place: signatureHeader, accepted: signed };
    // After the signature: a stranger learns nothing about our clock.
    const sentAt = Number(timestamp) * timestampUnitMs;
    if (!(Math.abs(nowMs - sentAt) <= replayWindowMs)) return { ok: false, reason: 'replay', place: timestampHeader, accepted: stamped };
    return { ok: true };
  };
}

function equal(given: string, expected: string): boolean {
  const left = Buffer.from(given);
  const right = Buffer.from(expected);
  // The length of a digest is no secret.
  return left.length === right.length && timingSafeEqual(left, right);
}

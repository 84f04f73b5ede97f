/**
 * What lets a guest see their order. Made of the Idempotency-Key, which only the shopper has, and of a salt, which only we have: so a
 * repeated request gets the same token, and nothing that is stored is one.
 */
import { createHmac, hash, randomBytes, timingSafeEqual } from 'node:crypto';

export const newSalt = (): Buffer => randomBytes(32);

export function tokenOf(salt: Buffer, key: string, orderId: string): string {
  return createHmac('sha256', salt).update(`${orderId}\n${key}`).digest('base64url');
}

export const hashOfToken = (token: string): Buffer => hash('sha256', token, 'buffer');

/** In constant time: how long it takes says nothing of how much was right. */
export function isToken(given: unknown, stored: Buffer): boolean {
  return typeof given === 'string' && given.length <= 200 && timingSafeEqual(hashOfToken(given), stored);
}

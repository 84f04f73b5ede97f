import type { JSONWebKeySet } from 'jose';
import { fetch } from 'undici';
import { StewardError } from '../errors/steward-error';
import { guardedAgent } from '../net/guarded-connect.client';

const WITHIN_MS = 3_000;
const MOST_CHARACTERS = 256 * 1024;

/** The issuer's public keys. Redirects are not followed: whoever can make one would choose the keys. */
export async function readKeySet(url: string): Promise<JSONWebKeySet> {
  const response = await fetch(url, { dispatcher: guardedAgent, redirect: 'error', headers: { accept: 'application/json' }, signal: AbortSignal.timeout(WITHIN_MS) });
  const text = await response.text();
  if (!response.ok || text.length > MOST_CHARACTERS)
    throw new StewardError('IDENTITY_UNAVAILABLE', `the issuer answered ${String(response.status)} with ${String(text.length)} characters`, { accepted: 'a JSON Web Key Set' });
  return JSON.parse(text) as JSONWebKeySet;
}

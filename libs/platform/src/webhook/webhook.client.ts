import { fetch } from 'undici';
import { guardedAgent } from '../net/guarded-connect.client';

/** What came of one try. */
export type Attempt = { readonly kind: 'told' } | { readonly kind: 'gone' } | { readonly kind: 'failed'; readonly reason: string; readonly retryAfterMs: number | null };

const WITHIN_MS = 10_000;

/** Delivered means any 2xx. Redirects are not followed: another address is not the one the shop has configured. */
export async function postWebhook(url: string, body: string, headers: Record<string, string>, stopping: AbortSignal): Promise<Attempt> {
  try {
    const response = await fetch(url, {
      dispatcher: guardedAgent,
      method: 'POST',
      redirect: 'manual',
      headers: { 'content-type': 'application/json', ...headers },
      body,
      signal: AbortSignal.any([AbortSignal.timeout(WITHIN_MS), stopping]),
    });
    await response.body?.cancel();
    if (response.status >= 200 && response.status < 300) return { kind: 'told' };
    // 410: the endpoint says that it does not want to be told.
    if (response.status === 410) return { kind: 'gone' };
    return { kind: 'failed', reason: `status ${String(response.status)}`, retryAfterMs: secondsOf(response.headers.get('retry-after')) };
  } catch (error) {
    return { kind: 'failed', reason: error instanceof Error ? (error.cause instanceof Error ? error.cause.message : error.message) : String(error), retryAfterMs: null };
  }
}

function secondsOf(header: string | null): number | null {
  return header !== null && /^[0-9]{1,5}$/.test(header) ? Number(header) * 1_000 : null;
}

import { varyOnContext } from './context';

/** Seconds a shared cache may answer by itself. Short, because invalidation reaches this process and no CDN. */
const MAX_AGE = 5;
/** Afterwards it may answer with the old copy while it asks again… */
const WHILE_REVALIDATE = 30;
/** …and for a day if asking fails: an old page with honest ages sells more than an error. */
const IF_ERROR = 86_400;

const fresh = (maxAge: number) =>
  `public, max-age=${String(maxAge)}, stale-while-revalidate=${String(WHILE_REVALIDATE)}, stale-if-error=${String(IF_ERROR)}`;
const FRESH = fresh(MAX_AGE);
/** A degraded answer should be gone as soon as the field recovers, but still beats an error. */
const DEGRADED = `public, max-age=1, stale-if-error=${String(IF_ERROR)}`;

export function cacheControl(input: { now: number; validUntil: number; degraded: boolean }): string {
  if (input.degraded) return DEGRADED;
  const left = Math.floor((input.validUntil - input.now) / 1_000);
  return left >= MAX_AGE ? FRESH : fresh(Math.max(0, left));
}

/** Prices may be those of a group: a browser may keep them and has to ask each time, a shared cache may not keep them. */
export const PRIVATE = 'private, no-cache';

export const VARY = varyOnContext;

/** If-None-Match by weak comparison (RFC 9110 §13.1.2), as GET and HEAD want it. */
export function matches(ifNoneMatch: string | undefined, etag: string): boolean {
  if (ifNoneMatch === undefined) return false;
  if (ifNoneMatch === etag || ifNoneMatch.trim() === '*') return true;
  return ifNoneMatch.split(',').some((tag) => tag.trim().replace(/^W\//, '') === etag);
}

import type { Clock } from '@steward/platform';
import type { Surroundings } from '../document-cache/cached-document';
import type { DocumentCache } from '../document-cache/document-cache';
import type { Listings } from '../listing/listings';
import type { Contexts } from './context';

/** All that an answer to a storefront is made from; none of it is behind the gateway. */
export interface Reading extends Surroundings {
  cache: DocumentCache;
  listings: Listings;
  contexts: Contexts;
  clock: Clock;
}

/** Moves on whenever an answer made before may name an older step of progress or an older tree than it could. */
export function versionOf({ freshness, categories }: Surroundings): number {
  return freshness.current.version + categories.version;
}

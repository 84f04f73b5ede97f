/**
 * Where a key hangs in the tree of digests and what it weighs, as SQL (its shape: contracts, doors/digest.ts).
 * The hashes are those by which PostgreSQL finds the partition of a row: they stay the same over its versions, and are ten times cheaper
 * than md5 of a text (0.08 against 0.7 µs a leaf), which counts where a leaf is made with every change.
 */
import { KEPT_BITS, MOST_DIGEST_BITS } from '@steward/contracts';

/** Tables that hold states as they were announced or applied: entity, key, revision, hash, data. */
export type StateTable = 'announced' | 'stored_part' | 'told';

/** The way from the root to a key, as a number of 42 bits; the expression of an index on both tables. */
export const pathOf = (key: string): string => `((hashtextextended(${key}, 0) >> ${String(64 - MOST_DIGEST_BITS)}) & ${String(2 ** MOST_DIGEST_BITS - 1)})`;
export const leafOf = (key: string): string => `(${pathOf(key)} >> ${String(MOST_DIGEST_BITS - KEPT_BITS)})::int`;
export const weightOf = (key: string, revision: string, hash: string): string => `hashtextextended(${key}, hashint8extended(${revision}, substring(${hash} from 1 for 8)::bigint))`;

/** Hash of the row's content as it is now; the stored `hash` is that of the content as it was stored. */
export const contentHash = (data: string): string => `substring(sha256(convert_to(${data}::text, 'UTF8')) from 1 for 16)`;

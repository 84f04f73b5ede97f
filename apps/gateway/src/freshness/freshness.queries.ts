import type { Database } from '@steward/platform';
import type { ExcludedKey, GrantedProgress } from './live-freshness';
import { exceptionsDigest } from './progress.store';

export async function readProgress(database: Database): Promise<GrantedProgress[]> {
  return database.query<GrantedProgress>(
    `select system, entity, (extract(epoch from applied_up_to) * 1000)::float8 as "appliedUpTo", ${exceptionsDigest} as exceptions, except_keys as "exceptKeys"
     from feed_progress`,
  );
}

// A security case is no letter: what was forged in the name of a key says nothing about the key's own messages.
const openLetters = `from dead_letter where state = 'open' and kind = 'letter' and entity in ('product', 'stock-level', 'price', 'category')`;

/** Changes whenever a dead letter of a shown entity is opened or closed; cheap enough to ask every other second. */
export async function readExclusionsMark(database: Database): Promise<string> {
  const [row] = await database.query<{ mark: string }>(
    `select count(*) || ' ' || coalesce(max(opened_at)::text, '') as mark ${openLetters}`,
  );
  return row?.mark ?? '';
}

export async function readExclusions(database: Database): Promise<ExcludedKey[]> {
  return database.query<ExcludedKey>(`select entity, key ${openLetters} and key is not null`);
}

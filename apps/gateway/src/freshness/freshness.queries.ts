import type { Database } from '@steward/platform';
import type { ExcludedKey, GrantedProgress } from './live-freshness';
import { shownEntities } from './parked.projection';
import { exceptionsDigest } from './progress.store';

export async function readProgress(database: Database): Promise<GrantedProgress[]> {
  return database.query<GrantedProgress>(
    `select system, entity, (extract(epoch from applied_up_to) * 1000)::float8 as "appliedUpTo", ${exceptionsDigest} as exceptions, except_keys as "exceptKeys"
     from feed_progress`,
  );
}

// A security case is no letter: what was forged in the name of a key says nothing about the key's own messages. Besides the gateway's own
// letters those of the adapters count, whose item never got as far as a message (parked.projection.ts).
const inDoubt = `from (
  select entity, key, opened_at as at, id::text as letter from dead_letter where state = 'open' and kind = 'letter' and entity in (${shownEntities.map((entity) => `'${entity}'`).join(', ')})
  union all select entity, key, parked_at, letter_id from parked_key) doubt`;

/** Changes whenever a letter about a shown entity is opened or closed; cheap enough to ask twice a second. */
export async function readExclusionsMark(database: Database): Promise<string> {
  const [row] = await database.query<{ mark: string }>(
    `select count(*) || ' ' || coalesce(max(at)::text, '') || ' ' || coalesce(bit_xor(hashtextextended(letter, 0)), 0) as mark ${inDoubt}`,
  );
  return row?.mark ?? '';
}

export async function readExclusions(database: Database): Promise<ExcludedKey[]> {
  return database.query<ExcludedKey>(`select entity, key ${inDoubt} where key is not null`);
}

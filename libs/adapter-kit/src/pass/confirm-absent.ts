/**
 * The last question before a deletion: the keys are read by key, together with a few that the source must know.
 * An answer that lacks these too, or shows items without a key, proves nothing and deletes nothing (X6).
 */
import { lanes } from '@steward/event-bus';
import { StewardError } from '@steward/platform';
import type { PoolClient } from 'pg';
import { witnesses } from '../announce/announced.store';
import { type Reading, withRead } from '../feed/reading';

export const maxKeys = 200;
export const witnessCount = 8;
/** Room for the witnesses in one read by key. */
export const maxSuspects = maxKeys - witnessCount;

export async function deleteIfAbsent(reading: Reading, keys: readonly string[], options: { withoutWitness: boolean; also?: (tx: PoolClient) => Promise<void> }): Promise<void> {
  const { feed, announcer, database, signal, logger } = reading;
  const { entity } = feed.contract;
  const { also } = options;
  await withRead(reading, 'keys', async (read) => {
    const known = await witnesses(database, entity, keys, witnessCount);
    const items = await feed.byKeys([...keys, ...known], signal);
    const found = new Set(items.map((item) => feed.rawKeyOf(item)));
    const proven = known.length === 0 ? options.withoutWitness : known.some((key) => found.has(key));
    if (!proven || found.has(undefined)) {
      throw new StewardError('SOURCE_INCONSISTENT', `asked for ${keys.length} missing and ${known.length} known ${entity}, the source shows neither`);
    }
    const deleted = keys.filter((key) => !found.has(key));
    await announcer.announce({ read, items, deleted, lane: lanes.live, byKey: true, ...(also === undefined ? {} : { also }) });
    if (deleted.length > 0) logger.info({ entity, deleted: deleted.length }, 'announced deletions that the source confirmed');
  });
}

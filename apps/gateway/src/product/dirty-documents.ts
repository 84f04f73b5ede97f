/**
 * Rebuilds documents that a change with a wide fan-out left dirty (C11). Invariants:
 *   1. The mark is deleted in the transaction that rebuilds: a crash leaves it, and a mark set meanwhile waits and stays.
 *   2. Locks in the order of document.store: document_gate, dirty rows, documents.
 */
import { BackgroundLoop, type Clock, type Database, type Logger } from '@steward/platform';
import { lockForParts, rebuildDocuments } from './document.store';

const BATCH = 200;
const IDLE_MS = 1_000;

/** One batch; returns how many documents it rebuilt. */
export async function rebuildDirty(database: Database): Promise<number> {
  return database.transaction(async (tx) => {
    await lockForParts(tx);
    const { rows } = await tx.query<{ product_id: string }>(
      `delete from dirty_document where product_id in
         (select product_id from dirty_document order by product_id limit $1 for update skip locked)
       returning product_id`,
      [BATCH],
    );
    await rebuildDocuments(tx, rows.map((row) => row.product_id), ['availability', 'prices']);
    return rows.length;
  });
}

export function dirtyDocuments({ database, clock, logger }: { database: Database; clock: Clock; logger: Logger }): BackgroundLoop {
  const turn = async (): Promise<number> => ((await rebuildDirty(database)) < BATCH ? IDLE_MS : 0);
  return new BackgroundLoop({ clock, logger, turn, pauseMs: IDLE_MS, failed: 'dirty documents not rebuilt, trying again' });
}

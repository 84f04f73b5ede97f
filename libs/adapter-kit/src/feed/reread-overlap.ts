/**
 * What makes the feed complete: rows that were stamped before the cursor and became visible after it passed.
 * 1. It begins `overlapMs` before where the strict cursor stood when the last complete overlap read began, so an outage of any
 *    length widens the window instead of leaving a gap.
 * 2. It does not move the strict cursor; equal content is recognised by its hash.
 * 3. Only its end says "complete up to", and what it says is the time before its first request, minus the safety lag (O8).
 * 4. It takes a tenth of the time: each change is read again at least once, and live changes go first.
 */
import { lanes } from '@steward/event-bus';
import { storeDoubts } from './hint.store';
import { checked } from './poll-changes';
import { type Reading, withRead } from './reading';

const restPerWork = 9;

export async function rereadOverlap(reading: Reading): Promise<void> {
  const { feed, announcer, clock, signal, state, store, database, lease } = reading;
  const base = state.cursor;
  if (base === null || state.importedAt === null) return;
  const completeUpTo = new Date(clock.now() - feed.pace.safetyLagMs);
  let from = feed.rewind(state.overlapBase ?? base, feed.pace.overlapMs);
  while (!signal.aborted) {
    const startedAt = performance.now();
    const page = await withRead(reading, 'overlap', async (read) => {
      const answer = checked(await feed.changes(from, signal), from);
      const { deleted = [] } = answer;
      if (answer.items.length > 0 || deleted.length > 0) {
        await announcer.announce({ read, items: answer.items, lane: lanes.live, also: (tx) => storeDoubts(tx, feed.contract.entity, deleted, read.at) });
      }
      return answer;
    });
    if (!page.more) break;
    from = page.next;
    await clock.sleep((performance.now() - startedAt) * restPerWork, signal);
  }
  if (signal.aborted) return;
  await database.transaction(async (tx) => {
    await lease.assert(tx);
    await store.overlapDone(tx, base, completeUpTo);
  });
  reading.state = { ...reading.state, overlapBase: base, completeUpTo };
}

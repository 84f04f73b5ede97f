/**
 * The strict poll: from the cursor to the end of what the source shows.
 * 1. The cursor moves in the transaction that announces its page, never before.
 * 2. The next page is fetched while this one is committed; pages commit in order.
 * 3. It is fast, not complete: what becomes visible behind the cursor is the overlap's to find.
 */
import { lanes } from '@steward/event-bus';
import { StewardError } from '@steward/platform';
import type { Page } from '../source/define';
import { storeDoubts } from './hint.store';
import { type Reading, withRead } from './reading';

export async function pollChanges(reading: Reading): Promise<void> {
  const { polling } = reading;
  polling.begun += 1;
  let cursor = reading.state.cursor;
  let previous: Promise<void> = Promise.resolve();
  while (!reading.signal.aborted) {
    const step = startPage(reading, cursor, previous);
    const page = await step.page;
    await previous;
    previous = step.committed;
    if (!page.more) break;
    cursor = page.next;
  }
  await previous;
  polling.ended += 1;
  reading.bells.page.ring();
}

interface Step {
  readonly page: Promise<Page>;
  readonly committed: Promise<void>;
}

function startPage(reading: Reading, cursor: string | null, previous: Promise<void>): Step {
  const page = Promise.withResolvers<Page>();
  const committed = withRead(reading, 'changes', async (read) => {
    const { feed, announcer, store, state, clock, signal, polling, bells } = reading;
    const answer = checked(await feed.changes(cursor, signal), cursor);
    page.resolve(answer);
    await previous;
    // O9: until the end is reached for the first time this is the import of what was there before us.
    const importing = reading.state.importedAt === null;
    const reached = importing && !answer.more ? new Date(clock.now()) : null;
    const { deleted = [] } = answer;
    if (answer.items.length > 0 || deleted.length > 0 || answer.next !== cursor || reached !== null) {
      await announcer.announce({
        read,
        items: answer.items,
        lane: importing ? lanes.backfill : lanes.live,
        also: async (tx) => {
          await store.moveCursor(tx, answer.next, reached);
          await storeDoubts(tx, feed.contract.entity, deleted, read.at);
        },
      });
      if (deleted.length > 0) bells.hints.ring();
      reading.state = { ...reading.state, cursor: answer.next, importedAt: state.importedAt ?? reached };
    }
    polling.pages += 1;
    bells.page.ring();
  });
  // Also keeps a failure of `committed` from going unhandled when an earlier page fails first.
  committed.catch((error: unknown) => page.reject(error));
  page.promise.catch(() => undefined);
  return { page: page.promise, committed };
}

/** A page that says "more" and stands still would be read for ever. */
export function checked(page: Page, cursor: string | null): Page {
  if (page.more && page.next === cursor) throw new StewardError('SOURCE_INCONSISTENT', 'the page says there is more and does not move on');
  return page;
}

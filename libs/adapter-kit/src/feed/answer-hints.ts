/**
 * Reads again by key what a webhook named or what was refused as older (O7).
 * 1. A hint goes when its answer is committed, not before.
 * 2. A change that was announced already needs no read of its own: the strict poll is rung first, one page of it answers
 *    hundreds of hints. It gets a moment, not more: it may be waiting for a slow page, or have a long way to go. The way of an
 *    import is always long (O9).
 * 3. "Does not exist" is believed only after the second question (X6), and only as often as the guard allows.
 */
import { lanes } from '@steward/event-bus';
import { systemClock } from '@steward/platform';
import { aliveAmong, countAlive, countDeletedSince } from '../announce/announced.store';
import { guardWindowMs } from '../guard/change-rules';
import { judgeDeletion } from '../guard/judge';
import { deleteIfAbsent, maxKeys, maxSuspects } from '../pass/confirm-absent';
import { dropHints, takeHints } from './hint.store';
import { type Reading, withRead } from './reading';

const keysAtOnce = 2_000;
/** On the real clock: how long the strict poll may show no progress before hints are read by key. */
const patienceMs = 60;
/** And for how long they wait for a poll that does. */
const patienceInAllMs = 500;

/** Returns whether there may be more to do at once; who stores a hint rings. */
export async function answerHints(reading: Reading): Promise<boolean> {
  const { database, feed, announcer, signal } = reading;
  const hints = await takeHints(database, feed.contract.entity, keysAtOnce);
  if (hints.ids.length === 0) return false;
  const keys = (await pollFirst(reading, [...hints.marks])).map(([key]) => key);
  const suspects: string[] = [];
  for (let from = 0; from < keys.length && !signal.aborted; from += maxKeys) {
    const chunk = keys.slice(from, from + maxKeys);
    await withRead(reading, 'keys', async (read) => {
      const items = await feed.byKeys(chunk, signal);
      const found = new Set(items.map((item) => feed.rawKeyOf(item)));
      const absent = chunk.filter((key) => !found.has(key));
      const alive = absent.length === 0 ? [] : await aliveAmong(database, feed.contract.entity, absent);
      suspects.push(...alive);
      // What was never announced needs no deletion, but an older read under way must not announce it now.
      await announcer.announce({ read, items, deleted: absent.filter((key) => !alive.includes(key)), lane: lanes.live, byKey: true });
    });
  }
  if (signal.aborted) return false;
  if (suspects.length > 0) await judgeSuspects(reading, suspects);
  await dropHints(database, hints.ids);
  return hints.more;
}

/** A key that hints name, and the mark of the last of them. */
type Named = readonly [key: string, mark: string | null];

const unanswered = ({ announcer }: Reading, named: readonly Named[]): readonly Named[] => named.filter(([key, mark]) => mark === null || !announcer.isAnnounced(key, mark));

/** Returns what the strict poll has not answered. */
async function pollFirst(reading: Reading, named: readonly Named[]): Promise<readonly Named[]> {
  const { polling, bells, signal } = reading;
  let left = unanswered(reading, named);
  if (reading.state.importedAt === null || left.every(([, mark]) => mark === null)) return left;
  const until = performance.now() + patienceInAllMs;
  const target = polling.begun + 1;
  bells.poll.ring();
  while (!signal.aborted && left.length > 0 && polling.ended < target && performance.now() < until) {
    const { pages } = polling;
    await progress(reading, pages);
    if (polling.pages === pages) break;
    left = unanswered(reading, left);
  }
  return left;
}

/** Until the poll commits a page, or patience ends. */
async function progress({ polling, bells, signal }: Reading, pages: number): Promise<void> {
  const until = performance.now() + patienceMs;
  while (polling.pages === pages && performance.now() < until && !signal.aborted) await bells.page.wait(until - performance.now(), systemClock, signal);
}

async function judgeSuspects(reading: Reading, suspects: readonly string[]): Promise<void> {
  const { database, feed, held, clock, logger } = reading;
  const { entity, guard, owner } = feed.contract;
  const alive = await countAlive(database, entity);
  const recent = await countDeletedSince(database, entity, new Date(clock.now() - guardWindowMs));
  const verdict = judgeDeletion(guard, { missing: suspects.length, recent, alive });
  if (verdict.held && suspects.length > (await held.released(database))) {
    logger.error({ entity, kind: verdict.kind, missing: suspects.length, alive, team: owner.team, runbook: owner.runbook }, `held for the owner: ${verdict.detail}`);
    await database.transaction((tx) => held.hold(tx, { ...verdict, count: suspects.length, total: alive, sample: suspects.slice(0, 20) }, new Date(clock.now())));
    return;
  }
  for (let from = 0; from < suspects.length; from += maxSuspects) {
    await deleteIfAbsent(reading, suspects.slice(from, from + maxSuspects), { withoutWitness: verdict.held });
  }
}

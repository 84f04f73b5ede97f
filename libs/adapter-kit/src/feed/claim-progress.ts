/**
 * O8: tells consumers how far the feed is complete, so that unchanged data stays fresh.
 * 1. The claim is what the last complete overlap read found out, never a clock of its own.
 * 2. It goes out only after every row that was written before it is acknowledged; the position names where they are.
 * 3. It excepts the keys whose items lay in quarantine, or were held by the guard, when the wait began, before the rows that are waited for were counted: an item
 *    mended meanwhile may stand behind the position, so its key comes back with the next claim only.
 * 4. More of them than one message takes travel in parts, which hold only together: one wrong evening in the ERP must not stop the sale of
 *    what is sound. More than `mostExceptKeys`: no claim at all. Silence makes the whole feed stale, which is true; a cut list would lie.
 */
import { feedProgress, type FeedProgress, streamOf } from '@steward/contracts';
import { appendEvents, readWatermarks } from '@steward/event-bus';
import { gauge } from '@steward/platform';
import type { Reading } from './reading';

export interface Claim {
  /** The last time that was claimed. */
  claimed: number;
  /** A time whose rows are waited for: everything up to this outbox id. */
  waiting: { readonly upTo: Date; readonly outboxId: number; readonly exceptKeys: readonly string[] } | undefined;
  /** Whether the log has heard that too many keys are in doubt. */
  toldTooMany: boolean;
}

/** maxItems of the contract's exceptKeys. */
export const keysInPart = 1_000;
/** Each claim names all of them again, in an outbox that is kept for days. */
export const mostExceptKeys = 20 * keysInPart;

const completeUpTo = gauge('steward_feed_complete_up_to_seconds', 'Time (seconds since 1970) up to which a feed is complete and acknowledged', ['system', 'entity']);

/** Returns in how many messages something was claimed. */
export async function claimProgress(reading: Reading, claim: Claim): Promise<number> {
  const { database, feed, state, system, lease, announcer, logger } = reading;
  const { entity } = feed.contract;
  if (claim.waiting === undefined) {
    if (state.completeUpTo === null || state.completeUpTo.getTime() <= claim.claimed) return 0;
    const exceptKeys = await announcer.keysInDoubt(mostExceptKeys);
    if (exceptKeys === undefined) {
      if (!claim.toldTooMany) logger.error({ entity, most: mostExceptKeys }, 'too many items of the feed are in quarantine or held: its progress is not claimed until they are mended');
      claim.toldTooMany = true;
      return 0;
    }
    claim.toldTooMany = false;
    const [row] = await database.query<{ id: number }>(`select coalesce(pg_sequence_last_value(pg_get_serial_sequence('outbox', 'id')::regclass), 0) as id`);
    claim.waiting = { upTo: state.completeUpTo, outboxId: row?.id ?? 0, exceptKeys };
  }
  const { upTo, outboxId, exceptKeys } = claim.waiting;
  const pending = await database.query(
    { name: 'kit-unacknowledged', text: 'select 1 from outbox where published_at is null and lane = any($3::smallint[]) and id <= $2 and entity = $1 limit 1' },
    [entity, outboxId, [0, 1]],
  );
  if (pending.length > 0) return 0;
  const stream = streamOf(feed.contract, system).name;
  const position = (await readWatermarks(database)).get(stream);
  // Without a position there is nothing a consumer could compare; it comes with the stream's first epoch.
  if (position === undefined) return 0;
  const claims = inParts({ system, entity, completeUpTo: upTo.toISOString(), stream, epoch: position.epoch, sequence: position.sequence }, exceptKeys);
  await database.transaction(async (tx) => {
    await lease.assert(tx);
    const time = new Date(reading.clock.now());
    await appendEvents(tx, claims.map((data) => ({ contract: feedProgress, system, key: entity, data, time })));
  });
  claim.claimed = upTo.getTime();
  claim.waiting = undefined;
  completeUpTo.set({ system, entity }, upTo.getTime() / 1_000);
  return claims.length;
}

function inParts(claim: FeedProgress, exceptKeys: readonly string[]): FeedProgress[] {
  const of = Math.ceil(exceptKeys.length / keysInPart);
  if (of <= 1) return [{ ...claim, ...(of === 0 ? {} : { exceptKeys: [...exceptKeys] }) }];
  return Array.from({ length: of }, (_, index) => ({
    ...claim,
    // A reader from before there were parts would take each for the whole: it waits, and shows the feed as old.
    sequence: Number.MAX_SAFE_INTEGER,
    exceptKeys: exceptKeys.slice(index * keysInPart, (index + 1) * keysInPart),
    part: { number: index + 1, of, sequence: claim.sequence },
  }));
}

/**
 * Applies a batch until each of its messages is settled.
 * 1. Commit, then acknowledge (C1): a message is settled when `runBatch` says so, and never before.
 * 2. The infrastructure's failures are waited out with the messages in hand: a nak would count as a delivery (C5b).
 * 3. Stopping ends the waiting: what is not settled then is given back.
 */
import { through } from '@steward/platform';
import type { AfterCommit } from '../batch/apply';
import { classify } from '../failure';
import { runBatch } from '../batch/runner';
import { inSpans } from '../telemetry/spans';
import { type Delivered, type Outcome, readFor, type Work } from '../work';
import { giveBack, type InHand, settle } from './in-hand';

/** So often a batch is tried whose failure is its own. */
const mostTries = 3;

export interface Settling {
  readonly stop: AbortSignal;
  /** One of its messages is acknowledged. */
  readonly onApplied: () => void;
  readonly onCommit: (after: AfterCommit) => void;
}

export async function settleBatch(work: Work, batch: readonly InHand[], { stop, onApplied, onCommit }: Settling): Promise<void> {
  const open = new Map(batch.map((inHand) => [toDelivered(work, inHand), inHand]));
  const settleOne = (delivered: Delivered, outcome: Outcome): void => {
    const inHand = open.get(delivered);
    if (!inHand) return;
    open.delete(delivered);
    settle(inHand, outcome);
    if (outcome.kind === 'done') onApplied();
  };
  for (let tries = 1; open.size > 0; tries++) {
    try {
      return await applyTraced(work, [...open.keys()], settleOne, onCommit);
    } catch (error) {
      work.logger.warn({ err: error, consumer: work.consumer, messages: open.size, tries }, 'a batch could not be applied yet');
      if (classify(error).kind !== 'infrastructure' && tries >= mostTries) {
        // Not even a letter could be written, and the database is there: give the messages back slowly instead of spinning.
        for (const delivered of open.keys()) settleOne(delivered, { kind: 'later', afterMs: 5_000 + Math.random() * 25_000 });
        return;
      }
    }
    await work.clock.sleep(20 + Math.random() * Math.min(50 * 2 ** tries, 3_000), stop).catch(() => undefined);
    if (stop.aborted) {
      for (const inHand of open.values()) giveBack(inHand);
      return;
    }
  }
}

/** One try, as spans and as the seam at which tests interfere with it (T1). */
function applyTraced(work: Work, batch: readonly Delivered[], settleOne: (delivered: Delivered, outcome: Outcome) => void, onCommit: Settling['onCommit']): Promise<void> {
  return inSpans(work, batch, (traced) => {
    const onSettled = (delivered: Delivered, outcome: Outcome): void => {
      settleOne(delivered, outcome);
      traced(delivered, outcome);
    };
    return through('delivery', () => runBatch(work, batch, { onSettled, onCommit }));
  });
}

function toDelivered(work: Work, { message, receivedAtMs }: InHand): Delivered {
  const { subject, headers, data, streamSequence, deliveries } = message;
  const raw = { subject, headers, data };
  return { reading: readFor(work, raw), message: raw, streamSequence, deliveries, receivedAtMs };
}

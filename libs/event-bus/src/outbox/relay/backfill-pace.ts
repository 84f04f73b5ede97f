/**
 * How much backfill may be on its way at a time (O9). A stream is first in, first out: what is published now waits for everything
 * before it, so a backfill that is published faster than it is applied holds up the live changes behind it.
 * 1. A fresh answer about how far consumers are behind gives credit for what is missing to `behindLimit`; without credit, backfill waits.
 * 2. It is held up by nobody who does not move: with operations away, or all of a slow consumer's processes, it goes on unpaced for
 *    a while and asks again.
 * 3. A consumer that is behind because of live traffic leaves a trickle, so that a backfill ends at some time.
 */
import type { StreamState } from '../../broker';

/** About what a consumer holds in memory, where live messages overtake backfill. */
const behindLimit = 3_000;
const trickle = 50;
/** Answers are an inspection of all streams. */
const askEveryMs = 250;
const answerWithinMs = 2_000;
const standsAfterMs = 10_000;
const unpacedForMs = 30_000;

export class BackfillPace {
  private credit = 0;
  private sent = 0;
  private behind = 0;
  private askedAt: number | undefined;
  private toldAt = -Infinity;
  private movedAt = -Infinity;
  private unpacedUntil = -Infinity;

  /** How many rows may be sent now. */
  room(now: number): number {
    if (this.askedAt !== undefined && now - this.askedAt > answerWithinMs) this.goUnpaced(now);
    return now < this.unpacedUntil ? Infinity : this.credit;
  }

  took(rows: number): void {
    this.credit = Math.max(0, this.credit - rows);
    this.sent += rows;
  }

  /** True when the one who is told it is to ask now. */
  asks(now: number): boolean {
    if (this.room(now) > 0 || this.askedAt !== undefined || now - this.toldAt < askEveryMs) return false;
    // A backfill begins: nothing is known yet of who moves.
    if (now - this.toldAt > standsAfterMs) this.movedAt = now;
    this.askedAt = now;
    return true;
  }

  /** How long until it asks. */
  asksInMs(now: number): number {
    return this.room(now) > 0 || this.askedAt !== undefined ? Infinity : Math.max(1, this.toldAt + askEveryMs - now);
  }

  told(streams: readonly (StreamState | undefined)[], now: number): void {
    const known = streams.flatMap((stream) => stream?.behind ?? []);
    const behind = Math.max(0, ...known);
    if (behind === 0 || behind < this.behind + this.sent) this.movedAt = now;
    this.askedAt = undefined;
    this.toldAt = now;
    this.behind = behind;
    this.sent = 0;
    this.credit = Math.max(trickle, behindLimit - behind);
    if (known.length === 0 || now - this.movedAt > standsAfterMs) this.goUnpaced(now);
  }

  private goUnpaced(now: number): void {
    this.askedAt = undefined;
    this.unpacedUntil = now + unpacedForMs;
  }
}

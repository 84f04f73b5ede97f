/**
 * What of the outbox is under way, and what may be sent next. Pure bookkeeping, no I/O.
 * 1. A row is taken from its reading until its mark is committed, or until it is given back; it is never taken twice.
 * 2. State commutes: any number in flight. Of everything else one row a subject is in flight, the next waits for its outcome (O3).
 * 3. What goes wrong with a row stops its subject for a while, and nothing else (O3).
 * 4. Of a subject that the sweep under way has not seen whole, nothing ordered is taken before the next one: what was given back, blocked
 *    or paused lies behind the place where reading goes on, and a later row of its key would go out before it (O3).
 */
import type { PendingRow } from './read-pending';

interface Block {
  until: number;
  attempts: number;
}

const firstBlockMs = 500;
const longestBlockMs = 60_000;

export class Flight {
  private readonly taken = new Map<string, PendingRow>();
  private readonly perLane = new Map<number, number>();
  /** By subject: the row in flight, then those that wait behind it. */
  private readonly queues = new Map<string, PendingRow[]>();
  private readonly blocks = new Map<string, Block>();
  /** What the sweep under way has not seen whole (4). */
  private readonly unseen = { subjects: new Set<string>(), types: new Set<string>() };

  size(): number {
    return this.taken.size;
  }

  sizeOf(lane: number): number {
    return this.perLane.get(lane) ?? 0;
  }

  /** Ids that the next read must leave out: those a read beginning after `after` would find again. */
  takenAfter(after: string): string[] {
    const from = Number(after);
    const ids: string[] = [];
    for (const id of this.taken.keys()) if (Number(id) > from) ids.push(id);
    return ids;
  }

  /** Reading begins at the start again, and finds all but what is blocked; what is paused is said by `leaveOut`. */
  sweepBegins(now: number): void {
    const { subjects, types } = this.unseen;
    for (const subject of subjects) if (!this.isBlocked(subject, now)) subjects.delete(subject);
    types.clear();
  }

  /** The next read passes over rows of these types. */
  leaveOut(types: readonly string[]): void {
    for (const type of types) this.unseen.types.add(type);
  }

  /** 'send' now, or 'wait' behind an earlier row of its subject; 'skip' = already taken, its subject is blocked, or it may not be the next of it. */
  take(row: PendingRow, now: number): 'send' | 'wait' | 'skip' {
    const { subject, type } = row.envelope;
    if (this.taken.has(row.id) || this.isBlocked(subject, now)) return 'skip';
    if (row.ordered && (this.unseen.subjects.has(subject) || this.unseen.types.has(type))) return 'skip';
    const queue = row.ordered ? this.queues.get(subject) : undefined;
    // A late-committed row can't belong before one that is in flight: the key's lock orders ids like commits.
    this.taken.set(row.id, row);
    this.perLane.set(row.lane, this.sizeOf(row.lane) + 1);
    if (queue) {
      queue.push(row);
      return 'wait';
    }
    if (row.ordered) this.queues.set(subject, [row]);
    return 'send';
  }

  /** The broker has it: the next row of its subject may be sent. The row itself stays taken until it is marked. */
  acknowledged(row: PendingRow): PendingRow | undefined {
    const subject = row.envelope.subject;
    this.blocks.delete(subject);
    const queue = row.ordered ? this.queues.get(subject) : undefined;
    if (!queue || queue[0] !== row) return undefined;
    queue.shift();
    if (queue.length === 0) this.queues.delete(subject);
    return queue[0];
  }

  marked(id: string): void {
    this.drop(id);
  }

  /** Pending again, with everything that waits behind it; the next sweep reads them in order. */
  giveBack(row: PendingRow): void {
    const subject = row.envelope.subject;
    if (row.ordered) this.unseen.subjects.add(subject);
    const queue = row.ordered ? this.queues.get(subject) : undefined;
    if (queue?.[0] === row) {
      this.queues.delete(subject);
      for (const each of queue) this.drop(each.id);
    }
    this.drop(row.id);
  }

  /** Gives the row back and leaves its subject alone for a while, longer each time. Returns when it is tried again. */
  block(row: PendingRow, now: number): number {
    const subject = row.envelope.subject;
    const attempts = (this.blocks.get(subject)?.attempts ?? 0) + 1;
    const ceiling = Math.min(longestBlockMs, firstBlockMs * 2 ** Math.min(attempts, 20));
    const until = now + ceiling / 2 + Math.random() * (ceiling / 2);
    this.blocks.set(subject, { until, attempts });
    this.giveBack(row);
    return until;
  }

  /** Whether a newer state of its key is under way too. */
  isOvertaken({ ordered, envelope: { subject, revision } }: PendingRow): boolean {
    return !ordered && [...this.taken.values()].some(({ envelope }) => envelope.subject === subject && (envelope.revision ?? 0) > (revision ?? 0));
  }

  /** Since its last success. */
  hasFailed(subject: string): boolean {
    return this.blocks.has(subject);
  }

  blockedSubjects(now: number): string[] {
    return [...this.blocks].filter(([, block]) => block.until > now).map(([subject]) => subject);
  }

  /** When the next blocked subject may be tried again; undefined when none is blocked. */
  nextUnblock(now: number): number | undefined {
    const times = [...this.blocks.values()].map((block) => block.until).filter((until) => until > now);
    return times.length > 0 ? Math.min(...times) : undefined;
  }

  rows(): Iterable<PendingRow> {
    return this.taken.values();
  }

  private isBlocked(subject: string, now: number): boolean {
    return (this.blocks.get(subject)?.until ?? 0) > now;
  }

  private drop(id: string): void {
    const row = this.taken.get(id);
    if (!row) return;
    this.taken.delete(id);
    this.perLane.set(row.lane, this.sizeOf(row.lane) - 1);
  }
}

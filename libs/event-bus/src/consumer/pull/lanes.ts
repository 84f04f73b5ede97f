/**
 * Messages in hand that wait for a transaction.
 * 1. Two transactions in flight never share a key: the second would wait for the first one's row locks.
 * 2. Messages of one key keep their order of arrival; where a key is busy, its later messages wait with it.
 * 3. Live messages go before backfill and never share a batch with it (O9, R3). So a key's live message may overtake its backfill,
 *    which only states have, and they commute.
 * The lane is the subject: it names system, entity and key, and costs nothing to read.
 */
export interface Laned {
  readonly lane: string;
  readonly backfill: boolean;
}

export class Lanes<M extends Laned> {
  #live: M[] = [];
  #backfill: M[] = [];
  readonly #busy = new Set<string>();

  get size(): number {
    return this.#live.length + this.#backfill.length;
  }

  add(message: M): void {
    (message.backfill ? this.#backfill : this.#live).push(message);
  }

  /** At most so many messages of a kind whose keys are free; their keys are busy until `release`. */
  take(limits: { readonly live: number; readonly backfill: number }): M[] {
    const live = this.#split(this.#live, limits.live);
    this.#live = live.left;
    if (live.taken.length > 0) return live.taken;
    const backfill = this.#split(this.#backfill, limits.backfill);
    this.#backfill = backfill.left;
    return backfill.taken;
  }

  #split(waiting: M[], limit: number): { taken: M[]; left: M[] } {
    const taken: M[] = [];
    const passed: M[] = [];
    let read = 0;
    // Keys are marked busy only at the end: several messages of one key may share a batch.
    for (; read < waiting.length && taken.length < limit; read++) {
      const message = waiting[read] as M;
      (this.#busy.has(message.lane) ? passed : taken).push(message);
    }
    for (const message of taken) this.#busy.add(message.lane);
    return { taken, left: passed.length === 0 ? waiting.slice(read) : passed.concat(waiting.slice(read)) };
  }

  release(batch: readonly M[]): void {
    for (const message of batch) this.#busy.delete(message.lane);
  }

  /** Everything that waits, for giving it back (C10). */
  clear(): M[] {
    const all = this.waiting();
    this.#live = [];
    this.#backfill = [];
    return all;
  }

  waiting(): M[] {
    return [...this.#live, ...this.#backfill];
  }
}

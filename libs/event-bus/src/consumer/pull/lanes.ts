/**
 * Messages in hand that wait for a transaction.
 * 1. Two transactions in flight never share a key: the second would wait for the first one's row locks.
 * 2. Messages of one key keep their order of arrival; where a key is busy, its later messages wait with it.
 * The lane is the subject: it names system, entity and key, and costs nothing to read.
 */
export interface Laned {
  readonly lane: string;
}

export class Lanes<M extends Laned> {
  #waiting: M[] = [];
  readonly #busy = new Set<string>();

  get size(): number {
    return this.#waiting.length;
  }

  add(message: M): void {
    this.#waiting.push(message);
  }

  /** At most `limit` messages whose keys are free; their keys are busy until `release`. */
  take(limit: number): M[] {
    const taken: M[] = [];
    const passed: M[] = [];
    let read = 0;
    // Keys are marked busy only at the end: several messages of one key may share a batch.
    for (; read < this.#waiting.length && taken.length < limit; read++) {
      const message = this.#waiting[read] as M;
      (this.#busy.has(message.lane) ? passed : taken).push(message);
    }
    this.#waiting = passed.length === 0 ? this.#waiting.slice(read) : passed.concat(this.#waiting.slice(read));
    for (const message of taken) this.#busy.add(message.lane);
    return taken;
  }

  release(batch: readonly M[]): void {
    for (const message of batch) this.#busy.delete(message.lane);
  }

  /** Everything that waits, for giving it back (C10). */
  clear(): M[] {
    const all = this.#waiting;
    this.#waiting = [];
    return all;
  }

  waiting(): readonly M[] {
    return this.#waiting;
  }
}

/** What waits for a consumer, and since when there has been something. */
export class Behind {
  #waiting = 0;
  #since: number | undefined;

  note(info: { readonly num_pending: number; readonly num_ack_pending: number }): void {
    this.#waiting = info.num_pending + info.num_ack_pending;
    if (this.#waiting === 0) this.#since = undefined;
    else this.#since ??= performance.now();
  }

  get waiting(): number {
    return this.#waiting;
  }

  get forMs(): number {
    return this.#since === undefined ? 0 : performance.now() - this.#since;
  }
}

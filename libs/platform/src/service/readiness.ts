export type ReadinessCheck = () => string | undefined;

/** Why the process can't take work now. Checks answer from memory: a probe never waits and never calls anything. */
export class Readiness {
  readonly #checks = new Map<string, ReadinessCheck>();
  #closing = false;
  #started = false;

  /** Undefined means ready, a text says why not. Adding a name again replaces its check. */
  add(name: string, check: ReadinessCheck): void {
    this.#checks.set(name, check);
  }

  remove(name: string): void {
    this.#checks.delete(name);
  }

  /** The reasons by name; empty when ready. A check that throws is not ready. */
  reasons(): Readonly<Record<string, string>> {
    if (this.#closing) return { process: 'shutting down' };
    const entries = [...this.#checks].map(([name, check]): [string, string | undefined] => {
      try {
        return [name, check()];
      } catch (error) {
        return [name, error instanceof Error ? error.message : String(error)];
      }
    });
    if (!this.#started) entries.push(['startup', 'still starting']);
    return Object.fromEntries(entries.filter((entry): entry is [string, string] => entry[1] !== undefined));
  }

  names(): readonly string[] {
    return [...this.#checks.keys()];
  }

  isStarted(): boolean {
    return this.#started;
  }

  markStarted(): void {
    this.#started = true;
  }

  /** From now on not ready, whatever the checks say. */
  markClosing(): void {
    this.#closing = true;
  }
}

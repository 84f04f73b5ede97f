import type { Feed, HttpLimits } from '@steward/adapter-kit';
import type { Contract } from '@steward/contracts';
import type { Things } from '../vendor-profile';
import type { Stage } from './stage';

/** One feed of a stage, and the things it is about. */
export class Scene {
  private readonly editions = new Map<number, number>();
  private lastEdition = 1;
  /** Keys of which a dead letter is no surprise. */
  readonly malformed = new Set<string>();

  constructor(
    readonly stage: Stage,
    readonly contract: Contract,
    readonly things: Things,
  ) {}

  /** Of all things that can be announced. */
  keys(): Set<string> {
    return new Set([...this.editions.keys()].map((n) => this.things.keyOf(n)));
  }

  async putAll(): Promise<void> {
    const all = Array.from({ length: this.things.count }, (_, index) => ({ n: index + 1, edition: 1 }));
    await this.things.put(all);
    for (const { n, edition } of all) this.editions.set(n, edition);
  }

  /** Makes the things something else than they ever were, also those that were gone or broken. */
  async change(...numbers: readonly number[]): Promise<void> {
    this.lastEdition += 1;
    const changed = numbers.map((n) => ({ n, edition: this.lastEdition }));
    await this.things.put(changed);
    for (const { n, edition } of changed) this.editions.set(n, edition);
  }

  async malform(n: number): Promise<void> {
    await this.things.malform(n);
    this.malformed.add(this.things.keyOf(n));
    this.editions.delete(n);
  }

  async remove(n: number): Promise<void> {
    await this.things.remove(n);
    this.editions.delete(n);
  }

  /** The feed as a process has it that has just started. */
  feed(limits?: Partial<HttpLimits>): Feed {
    const feed = this.stage.open(limits).find(({ contract }) => contract.entity === this.contract.entity);
    if (feed === undefined) throw new TypeError(`the connector has no feed of ${this.contract.entity} any more`);
    return feed;
  }
}

/**
 * X6: what of a batch is suspicious is let through, or held for the owner, in the transaction that announces the batch.
 * 1. Transactions of a feed run one after the other under its lease, so what is counted here is exact.
 * 2. A held key is released by its owner, or superseded by a later read that says something sound (O7).
 * 3. What is remembered in memory is remembered after commit: which keys are held, so that a batch without them asks nothing.
 */
import type { Contract } from '@steward/contracts';
import type { Database, Logger } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Read } from '../announce/read-numbers';
import { describeRule, type NamedRule, named } from './change-rules';
import { openCases } from './held-change.store';
import { dropItems, heldKeys, holdItems, loadHeld, type NewItem, recountCases, rememberPassed, standingOf } from './held-item.store';
import { type Sorted, sortSuspects } from './judge';

interface Change {
  readonly key: string;
  readonly body: string | null;
  readonly guarded: Readonly<Record<string, string>>;
}

/** What the statement says of a batch: keys and the number of the rule that each breaks. */
export type Suspects = readonly (readonly [key: string, rule: number])[];

interface Decision {
  readonly passed: ReadonlySet<string>;
  readonly released: ReadonlySet<string>;
  readonly held: ReadonlySet<string>;
  readonly committed: () => void;
}

export class ChangeGuard {
  private readonly rules: readonly NamedRule[];
  /** By key, the last read that showed what is held. */
  private readonly held = new Map<string, number>();

  constructor(
    private readonly contract: Contract,
    private readonly vendor: string,
    private readonly logger: Logger,
  ) {
    this.rules = contract.guard.changes.map(named);
  }

  async load(database: Pick<Database, 'query'>): Promise<void> {
    const { held, open } = await loadHeld(database, this.contract.entity);
    this.held.clear();
    for (const [key, readNo] of held) this.held.set(key, readNo);
    this.show(open);
  }

  /** O8: keys that progress must not vouch for, at most one more than `most`. */
  keysInDoubt(database: Pick<Database, 'query'>, most: number): Promise<string[]> {
    return heldKeys(database, this.contract.entity, most);
  }

  /** `stale` = keys of the batch that were refused as older. Returns undefined when there is nothing to decide. */
  async decide(tx: PoolClient, read: Read, batch: readonly Change[], suspects: Suspects, stale: readonly string[]): Promise<Decision | undefined> {
    const { entity } = this.contract;
    const ruleOf = new Map(suspects);
    const older = new Set(stale);
    const sound = this.held.size === 0 ? [] : batch.filter(({ key }) => !ruleOf.has(key) && !older.has(key) && read.no > (this.held.get(key) ?? Number.POSITIVE_INFINITY)).map(({ key }) => key);
    if (suspects.length === 0 && sound.length === 0) return undefined;

    const weighed = [];
    for (const [index, rule] of this.rules.entries()) {
      const items = batch.flatMap(({ key, body, guarded }) => (ruleOf.get(key) === index && body !== null ? [{ key, body, becomes: guarded[rule.field] ?? '' }] : []));
      if (items.length > 0) weighed.push({ rule, ...(await this.weigh(tx, read, rule, items)) });
    }
    const released = weighed.flatMap((each) => each.released);
    const held = weighed.flatMap((each) => each.held);
    const news = weighed.filter((each) => each.news > 0);
    const ended = [...sound, ...released];
    if (ended.length > 0) await dropItems(tx, entity, ended);
    const open = ended.length + news.length > 0 ? await recountCases(tx, entity, read.at) : undefined;
    return {
      passed: new Set(weighed.flatMap((each) => each.passed)),
      released: new Set(released),
      held: new Set(held),
      committed: () => {
        for (const key of ended) this.held.delete(key);
        for (const key of held) this.held.set(key, Math.max(read.no, this.held.get(key) ?? 0));
        if (open !== undefined) this.show(open);
        for (const each of news) this.tell(each.rule, each.news);
      },
    };
  }

  /** `news` = how many are held that were not, or as something else. */
  private async weigh(tx: PoolClient, read: Read, rule: NamedRule, items: readonly NewItem[]): Promise<Sorted & { readonly news: number }> {
    const { entity } = this.contract;
    const standing = await standingOf(tx, { entity, rule }, items.map(({ key }) => key), read.at);
    const sorted = sortSuspects(rule, items, standing);
    if (sorted.passed.length > 0) await rememberPassed(tx, { entity, rule }, sorted.passed, read.at);
    const held = new Set(sorted.held);
    const news = items.filter(({ key, becomes }) => {
      const known = standing.held.get(key);
      return held.has(key) && read.no > (this.held.get(key) ?? 0) && (known?.becomes !== becomes || known.rule !== rule.name);
    });
    if (news.length > 0) await holdItems(tx, news, { contract: this.contract, vendor: this.vendor, rule, read });
    return { ...sorted, news: news.length };
  }

  private show(open: readonly string[]): void {
    for (const { name } of this.rules) openCases.set({ entity: this.contract.entity, kind: name }, open.includes(name) ? 1 : 0);
  }

  private tell(rule: NamedRule, items: number): void {
    const { entity, owner } = this.contract;
    this.logger.error({ entity, rule: rule.name, items, team: owner.team, contact: owner.contact, runbook: owner.runbook }, `held for the owner: ${describeRule(rule)}`);
  }
}

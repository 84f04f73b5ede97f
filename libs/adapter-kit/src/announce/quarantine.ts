/**
 * Items that can't be announced: dead letters of their feed, with the contract's owner, in the adapter's own database.
 * 1. A letter is written in the transaction that moves the cursor past its item: one or the other has it (I5).
 * 2. It closes by itself when its item is announced or gone.
 * 3. The same bytes seen again (overlap, full pass) write nothing.
 * 4. While a letter is open, what its key shows downstream is a good state of the past: progress does not speak for it (O8).
 */
import { createHash } from 'node:crypto';
import { typeOf } from '@steward/contracts';
import { closeApplied, type NewLetter, storeDeadLetters } from '@steward/event-bus';
import type { Database } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { Feed } from '../source/define';
import type { Refusal, Statement } from './prepare';

/** Name under which the letters of a feed are filed. */
export const quarantineOf = (system: string, entity: string): string => `${system}-${entity}-feed`;

export class Quarantine {
  readonly consumer: string;
  /** Identity of each open letter and a digest of its item, to recognise it without asking the database. */
  private readonly open = new Map<string, string | undefined>();

  constructor(
    private readonly system: string,
    private readonly feed: Feed,
  ) {
    this.consumer = quarantineOf(system, feed.contract.entity);
  }

  get size(): number {
    return this.open.size;
  }

  async load(database: Pick<Database, 'query'>): Promise<void> {
    const rows = await database.query<{ identity: string }>(`select identity from dead_letter where consumer = $1 and state = 'open'`, [this.consumer]);
    this.open.clear();
    for (const { identity } of rows) this.open.set(identity, undefined);
  }

  /** Returns what is to be done in the transaction, and after its commit; undefined when there is nothing. */
  plan(refusals: readonly Refusal[], statements: readonly Statement[], now: Date): { write: (tx: PoolClient) => Promise<void>; committed: () => void } | undefined {
    const letters = refusals.map((refusal) => this.toLetter(refusal)).filter(({ identity, digest }) => this.open.get(identity) !== digest);
    const good = this.open.size === 0 ? [] : statements.map(({ key }) => identityOfKey(key)).filter((identity) => this.open.has(identity));
    if (letters.length === 0 && good.length === 0) return undefined;
    return {
      write: async (tx) => {
        await storeDeadLetters(tx, letters.map(({ letter }) => letter), now);
        if (good.length > 0) await closeApplied(tx, this.consumer, good, { reason: 'the item is good or gone by now', now });
      },
      committed: () => {
        for (const { identity, digest } of letters) this.open.set(identity, digest);
        for (const identity of good) this.open.delete(identity);
      },
    };
  }

  /** After a complete full pass: letters of items that the source no longer has. Returns what is to be done after the commit. */
  async closeGone(tx: PoolClient, passId: string, passStartedAt: Date, now: Date): Promise<() => void> {
    const { rows } = await tx.query<{ identity: string; key: string }>(
      `select identity, key from dead_letter d where consumer = $1 and state = 'open' and opened_at < $3
        and key is not null and not exists (select from pass_seen s where s.pass_id = $2 and s.key = d.key)`,
      [this.consumer, passId, passStartedAt],
    );
    // A key that no table takes is shown encoded, and its item is not among the keys of a pass.
    const gone = rows.filter(({ identity, key }) => identity === identityOfKey(key)).map(({ identity }) => identity);
    if (gone.length > 0) await closeApplied(tx, this.consumer, gone, { reason: 'the source no longer has the item', now });
    return () => gone.forEach((identity) => this.open.delete(identity));
  }

  /**
   * O8: keys that progress must not vouch for; undefined when there may be more than `most`. Items without a readable key, and keys that no
   * subject takes, were never announced under one: no consumer has a state of theirs that could be shown as fresh.
   */
  async keysInDoubt(database: Pick<Database, 'query'>, most: number): Promise<string[] | undefined> {
    const rows = await database.query<{ identity: string; key: string }>(
      {
        name: 'kit-keys-in-doubt',
        text: `select identity, key from dead_letter where consumer = $1 and state = 'open' and octet_length(key) between 1 and 255 order by identity limit $2`,
      },
      [this.consumer, most + 1],
    );
    if (rows.length > most) return undefined;
    return rows.filter(({ identity, key }) => identity === identityOfKey(key)).map(({ key }) => key);
  }

  private toLetter(refusal: Refusal): { identity: string; digest: string; letter: NewLetter } {
    const text = JSON.stringify(refusal.raw) ?? 'undefined';
    const digest = createHash('sha256').update(text).digest('hex');
    const identity = refusal.key === undefined ? `item ${digest.slice(0, 32)}` : identityOfKey(refusal.key);
    const { contract } = this.feed;
    const letter: NewLetter = {
      consumer: this.consumer,
      identity,
      contract,
      system: this.system,
      key: refusal.key,
      messageId: undefined,
      revision: null,
      sequence: null,
      subject: typeOf(contract, this.system),
      headers: {},
      body: Buffer.from(text),
      class: refusal.class,
      error: refusal.error,
      attempts: 1,
    };
    return { identity, digest, letter };
  }
}

/** Text columns can't hold NUL; percent-encoding keeps different keys different. */
const identityOfKey = (key: string): string => `key ${encodeURIComponent(key.toWellFormed())}`;

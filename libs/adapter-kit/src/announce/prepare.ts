/** From raw items to what can be announced: wire schema → translate → contract, pure and item by item. */
import { hash } from 'node:crypto';
import { type Contract, subjectOf } from '@steward/contracts';
import { type FaultClass, publishFault } from '@steward/event-bus';
import { RejectedError } from '@steward/platform';
import type { z } from 'zod';
import type { Feed } from '../source/define';
import type { SeenItems } from './seen-items';

/** An item that can be announced, or the deletion of its key. */
export interface Statement {
  readonly key: string;
  readonly subject: string;
  /** JSON text; null = deleted. */
  readonly body: string | null;
  /** First 16 bytes of the SHA-256 of the body, hexadecimal: the same as a consumer keeps of it. */
  readonly hash: string;
  /** Of what `translate` was given, hexadecimal; null for a deletion. Equal under another `hash`: it was translated otherwise (ADR 0027). */
  readonly record: string | null;
  readonly version: number | null;
  /** The fields that the contract guards, as text (X6); empty for a deletion. */
  readonly guarded: Readonly<Record<string, string>>;
  readonly stamp: string | undefined;
}

/** An item that can't: it costs only itself. */
export interface Refusal {
  readonly key: string | undefined;
  readonly raw: unknown;
  readonly class: FaultClass;
  readonly error: Error | string;
}

export interface Prepared {
  readonly statements: Statement[];
  readonly refusals: Refusal[];
  /** Keys of all items of the page, also of refused and of already announced ones. */
  readonly keys: string[];
  /** Keys that need nothing, because this very version of theirs was announced. */
  readonly known: number;
}

export function prepare(feed: Feed, system: string, items: readonly unknown[], seen: SeenItems | undefined): Prepared {
  // By key: of two versions of an item on one page the later one is what the source says now.
  const statements = new Map<string, Statement>();
  const refusals: Refusal[] = [];
  const keys: string[] = [];
  let known = 0;
  for (const raw of items) {
    const rawKey = rawKeyOf(feed, raw);
    // A key that no table takes was never announced either: for a full pass its item has no name.
    if (rawKey !== undefined && !rawKey.includes('\0') && rawKey.isWellFormed()) keys.push(rawKey);
    const stamp = rawKey === undefined ? undefined : feed.stampOf?.(raw);
    if (rawKey !== undefined && stamp !== undefined && seen?.isKnown(rawKey, stamp) && !statements.has(rawKey)) {
      known += 1;
      continue;
    }
    const result = prepareOne(feed, system, raw, rawKey, stamp);
    if ('class' in result) refusals.push(result);
    else statements.set(result.key, result);
  }
  return { statements: [...statements.values()], refusals, keys, known };
}

function prepareOne(feed: Feed, system: string, raw: unknown, rawKey: string | undefined, stamp: string | undefined): Statement | Refusal {
  const parsed = feed.wire.safeParse(raw);
  if (!parsed.success) return { key: rawKey, raw, class: classOf(parsed.error.issues), error: issuesText(parsed.error.issues) };
  try {
    const key = feed.keyOf(parsed.data);
    const data = feed.translate(parsed.data);
    const problems = feed.contract.validateProduced(data);
    if (problems.length > 0) {
      return { key, raw, class: 'schema', error: problems.slice(0, 10).map(({ pointer, message }) => `${pointer || '/'} ${message}`).join('; ') };
    }
    const body = JSON.stringify(data);
    // O5: what the broker or a consumer's table would refuse is found here, where the item is still in the hand.
    const fault = key.length + body.length > sureToFit || !plainKey.test(key) ? publishFault({ contract: feed.contract, system, key, body }) : undefined;
    if (fault) return { key, raw, class: fault.code === 'OUTBOX_BAD_KEY' || fault.code === 'OUTBOX_BAD_BODY' ? 'unstorable' : 'rejected', error: fault };
    const version = feed.versionOf?.(parsed.data) ?? null;
    return { key, subject: subjectOf(feed.contract, system, key), body, hash: hashOf(body), record: hashOf(JSON.stringify(parsed.data)), version, guarded: guardedOf(feed.contract, data), stamp: key === rawKey ? stamp : undefined };
  } catch (cause) {
    // A translation that fails on an item fails on it again: also when it is our defect, the page goes on.
    return { key: rawKey, raw, class: 'rejected', error: cause instanceof Error ? cause : new RejectedError('ITEM_INVALID', String(cause)) };
  }
}

/** The deletion of a key that was announced before. */
export function deletionOf(contract: Contract, system: string, key: string): Statement {
  return { key, subject: subjectOf(contract, system, key), body: null, hash: hashOf(''), record: null, version: null, guarded: {}, stamp: undefined };
}

/** As PostgreSQL's `->>` shows them. */
function guardedOf({ guard }: Contract, data: unknown): Readonly<Record<string, string>> {
  const guarded: Record<string, string> = {};
  for (const { field } of guard.changes) guarded[field] = String((data as Readonly<Record<string, unknown>>)[field]);
  return guarded;
}

const hashOf = (body: string): string => hash('sha256', body, 'hex').slice(0, 32);

// A character is at most four bytes and half of a message's limit is never used up by headers: most items need no closer look.
const sureToFit = 100_000;
const plainKey = /^[A-Za-z0-9_@:-]{1,200}$/;

function rawKeyOf(feed: Feed, raw: unknown): string | undefined {
  try {
    return feed.rawKeyOf(raw);
  } catch {
    return undefined;
  }
}

// C9: a value that a closed enum doesn't have is a class of its own, because its remedy is another one.
const classOf = (issues: readonly z.core.$ZodIssue[]): FaultClass => (issues.every(({ code }) => code === 'invalid_value') ? 'unknown-value' : 'schema');

const issuesText = (issues: readonly z.core.$ZodIssue[]): string =>
  issues.slice(0, 10).map(({ path, message }) => `/${path.map((part) => String(part).replaceAll('~', '~0').replaceAll('/', '~1')).join('/')} ${message}`).join('; ');

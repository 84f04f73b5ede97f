/** What a vendor's folder has to say about its system. Data and functions, mounted by the kit. */
import type { Contract } from '@steward/contracts';
import type { Clock, Logger } from '@steward/platform';
import type { PoolClient } from 'pg';
import type { z } from 'zod';
import type { HttpLimits, ResilientHttp } from '../http/resilient-http.client';

/** One answer of a source, as far as the kit has to understand it; the items are still the vendor's. */
export interface Page {
  readonly items: readonly unknown[];
  /** Where the next request continues: opaque to the kit, stored as it is. */
  readonly next: string;
  /** Whether the source says that there is more right now. */
  readonly more: boolean;
  /** How many items the source says it has in all, where it says so; a full pass is held against it (X6). */
  readonly total?: number;
  /** Of `changes`: keys of which the source says that they are gone. A hint like a webhook's, believed after a read by key. */
  readonly deleted?: readonly string[];
}

export interface Pace {
  readonly pollEveryMs: number;
  /** Longer than the longest transaction of the source: what was stamped earlier and became visible later is in this window. */
  readonly overlapMs: number;
  readonly overlapEveryMs: number;
  readonly fullPassEveryMs: number;
  /** How far the source's own reads may lag behind its writes (a replica); completeness is claimed only up to now minus this. */
  readonly safetyLagMs: number;
}

/** One kind of thing read from the source and announced under one contract. `defineFeed` checks the types of a literal. */
export interface Feed<Item = unknown, Data = unknown> {
  readonly contract: Contract<Data>;
  /**
   * Checks one raw item; what it refuses becomes a dead letter of this feed. What comes out of it is JSON, and leaves out what `translate`
   * does not need: its hash tells an edit of the record from a change of the translation.
   */
  readonly wire: z.ZodType<Item>;
  readonly keyOf: (item: Item) => string;
  /**
   * Pure. Builds objects with their fields in a fixed order and sorts what the source leaves unsorted: the hash is taken from
   * the JSON text. Throws RejectedError for an item that can't be told in the contract's words.
   */
  readonly translate: (item: Item) => Data;
  /** A version that only grows with the item's changes, where the source has one that can be trusted. */
  readonly versionOf?: (item: Item) => number;
  /** The key of an item that did not pass `wire`, if it still shows one. */
  readonly rawKeyOf: (raw: unknown) => string | undefined;
  /** A mark that changes with every change of the raw item: what was just announced is then recognised without parsing it. */
  readonly stampOf?: (raw: unknown) => string | undefined;
  readonly pace: Pace;
  /** Changes after the cursor, oldest first; null = from the beginning of what the source can tell. */
  readonly changes: (cursor: string | null, signal: AbortSignal) => Promise<Page>;
  /** The cursor as it was `byMs` earlier. Pure. */
  readonly rewind: (cursor: string, byMs: number) => string;
  /** Everything there is, in an order that does not move while it is read; null = from the start. */
  readonly all: (after: string | null, signal: AbortSignal) => Promise<Page>;
  /** At most 200 keys. What is missing in the answer does not exist. */
  readonly byKeys: (keys: readonly string[], signal: AbortSignal) => Promise<readonly unknown[]>;
  /**
   * Which of these keys of a page are not to be announced whatever the source says of them: they are told as deleted, and their
   * items leave no letter. Asked in the transaction that announces the page, so that nothing read before it was decided slips past.
   */
  readonly withheld?: (tx: PoolClient, keys: readonly string[]) => Promise<ReadonlySet<string>>;
}

// Function-valued properties are checked strictly, so a Feed<Item> is no Feed<unknown>; what the kit hands to `keyOf` and
// `translate` always comes out of the same feed's `wire`, so the erasure is sound.
export function defineFeed<Item, Data>(feed: Feed<Item, Data>): Feed {
  return feed as unknown as Feed;
}

export type WebhookVerdict =
  | { readonly ok: true }
  /** `place` names the header, `accepted` what it should hold: for whoever sets the vendor up. */
  | { readonly ok: false; readonly reason: 'unsigned' | 'signature' | 'replay'; readonly place: string; readonly accepted: string };

/** A webhook is only a hint that something changed: the truth is read by key. */
export interface WebhookSpec {
  /** `/webhooks/<vendor>` */
  readonly path: string;
  /** Over the raw bytes; see `hmacVerifier`. */
  readonly verify: (rawBody: Buffer, headers: Readonly<Record<string, string | string[] | undefined>>, nowMs: number) => WebhookVerdict;
  /** Throws when the body is not what the vendor sends. */
  readonly hints: (body: unknown) => readonly Hint[];
}

export interface Hint {
  readonly entity: string;
  readonly key: string;
  /** How the stamp (`stampOf`) of the changed item begins, where the vendor tells: a change that was read meanwhile needs no second read. */
  readonly mark?: string;
}

export interface Source {
  readonly feeds: readonly Feed[];
  readonly webhook?: WebhookSpec;
  readonly close?: () => Promise<void>;
}

export interface SourceContext<Env> {
  readonly env: Env;
  readonly http: ResilientHttp;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** A vendor of a system of record; `Opened` is what the adapter's own code can do with it besides reading its feeds. */
export interface Connector<Opened extends Source = Source> {
  readonly vendor: string;
  readonly env: z.ZodRawShape;
  readonly limits?: Partial<HttpLimits>;
  readonly open: (context: SourceContext<Readonly<Record<string, unknown>>>) => Opened;
}

/** Declares a vendor. `env` is the shape of its variables; the kit parses it before it calls `open`, whose `env` has the parsed types. */
export function defineConnector<Shape extends z.ZodRawShape, Opened extends Source>(spec: {
  readonly vendor: string;
  readonly env: Shape;
  readonly limits?: Partial<HttpLimits>;
  readonly open: (context: SourceContext<Readonly<z.output<z.ZodObject<Shape>>>>) => Opened;
}): Connector<Opened> {
  return spec as unknown as Connector<Opened>;
}

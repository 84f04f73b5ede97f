/**
 * The door to the dead letters of one service (C6): only the service that holds them reads or moves them, with the same gates as live
 * traffic. It says what is in them to operations alone, masked by `x-pii` unless somebody with the right to it asks to see it.
 */
import type { DeadLetter } from '../generated/types';
import type { Problem } from '../problem';

export const lettersSubject = (service: string): string => `rpc.${service}.letters`;

/** At most so many letters in one question. */
export const MOST_LETTERS = 500;

/** One operation of RFC 6902. */
export type JsonPatchOperation =
  | { readonly op: 'add' | 'replace' | 'test'; readonly path: string; readonly value: unknown }
  | { readonly op: 'remove'; readonly path: string }
  | { readonly op: 'move' | 'copy'; readonly from: string; readonly path: string };

/** The body of one letter, changed; `bodyHash` is that of the body the editor has seen. */
export interface LetterEdit {
  readonly id: string;
  readonly patch: readonly JsonPatchOperation[];
  readonly bodyHash: string;
}

export type LettersQuestion =
  | { readonly ask: 'read'; readonly id: string; readonly reveal: boolean }
  | { readonly ask: 'classify'; readonly ids: readonly string[]; readonly edit?: LetterEdit }
  | {
      readonly ask: 'act';
      /** Asked again with the same one, it answers what happened the first time. */
      readonly actId: string;
      readonly act: 'redrive' | 'discard' | 'skip';
      readonly ids: readonly string[];
      readonly edit?: LetterEdit;
      readonly actor: string;
      readonly reason: string;
    };

/**
 * `apply` = it was, or would be, applied or given up as asked; `superseded` = something newer, or this very message, is stored; `conflict` =
 * it can't be applied as things are; `failed` = tried, and failed again; `closed` = somebody else was quicker; `unknown` = no such letter.
 */
export type LetterVerdictKind = 'apply' | 'superseded' | 'conflict' | 'failed' | 'closed' | 'unknown';

export interface LetterVerdict {
  readonly id: string;
  readonly verdict: LetterVerdictKind;
  readonly detail: string;
}

export interface LetterAttempt {
  readonly at: string;
  readonly act: string;
  readonly actor: string;
  readonly reason: string;
  readonly verdict: string;
  readonly detail: string | null;
}

/** `locked` = what it is known by, never edited; `sensitive` = masked unless revealed. */
export interface LetterHeader {
  readonly name: string;
  readonly values: readonly string[];
  readonly class: 'locked' | 'sensitive' | 'free';
}

export interface LetterForecast {
  readonly verdict: 'apply' | 'superseded' | 'conflict';
  readonly detail: string;
}

/** What is held of the entity now, masked like the payload; `revision` null = nothing is. */
export interface LetterCurrent {
  readonly revision: number | null;
  readonly data: unknown;
  readonly changedAt: string | null;
}

export interface LetterReading {
  readonly letter: DeadLetter;
  /** Of the body as it is stored; to be given back with an edit. */
  readonly bodyHash: string;
  /** The latest first. */
  readonly attempts: readonly LetterAttempt[];
  readonly headers: readonly LetterHeader[];
  /** JSON where the body is JSON, else null. */
  readonly payload: unknown;
  readonly masked: boolean;
  /** By the deployed contract. */
  readonly problems: readonly Problem[];
  readonly forecast: LetterForecast;
  /** null = this service holds nothing of that kind. */
  readonly current: { readonly source: LetterCurrent | null; readonly projection: LetterCurrent | null };
  /** Other letters of the same key, in the order in which they would be applied. */
  readonly siblings: readonly { readonly id: string; readonly state: string; readonly revision: number | null; readonly sequence: number | null }[];
}

export type LettersAnswer = LetterReading | { readonly verdicts: readonly LetterVerdict[] };

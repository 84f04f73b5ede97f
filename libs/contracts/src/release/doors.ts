/**
 * What the release gate knows a running system by: what each process says it is, and what waits to be read.
 * A process records that it lives in the database of its service; whoever of the service has the broker tells operations of all of them, at a
 * door of that service alone, so that none can speak for another.
 */
import type { ContractVersion } from '../contract';
import type { Release } from './release';

export const heartbeatSubject = (service: string): string => `rpc.operations.heartbeat.${service}`;
export const backlogSubject = (service: string): string => `rpc.${service}.backlog`;

/** A process that lives, or ended in order. */
export interface Beat {
  /** The same after a restart in the same place: a process that was killed is not missed once it is back. */
  readonly instance: string;
  readonly process: string;
  readonly release: Release;
  /** What its database has had. */
  readonly applied: readonly string[];
  /** ISO 8601 */
  readonly startedAt: string;
  readonly seenAgoMs: number;
  readonly ended: boolean;
}

export interface HeartbeatQuestion {
  readonly beats: readonly Beat[];
}

export interface HeartbeatAnswer {
  readonly heard: number;
}

/** Something of one contract version that is not through yet. `system` is who said it. */
export interface Waiting extends ContractVersion {
  readonly system: string;
  readonly count: number;
  readonly oldestAt: string;
}

export interface WaitingLetter extends ContractVersion {
  readonly system: string;
  readonly id: string;
  readonly consumer: string;
  readonly key: string | null;
  readonly class: string;
}

export interface BacklogAnswer {
  /** Committed and not published. */
  readonly outbox: readonly Waiting[];
  /** Events that wait for an earlier one, or for what they speak of. */
  readonly held: readonly Waiting[];
  /** Open dead letters: of each contract version all are counted and the oldest are named. */
  readonly letters: readonly (Waiting & { readonly named: readonly WaitingLetter[] })[];
  /** States that are not said in the newest version yet: they would be said again, or rebuilt from, as they are. Absent of who does not know. */
  readonly announced?: readonly Waiting[];
  /** Parts of read models that are not written in the newest version yet. Absent of who does not know. */
  readonly stored?: readonly Waiting[];
}

/** How many letters of a contract version are named. */
export const LETTERS_NAMED = 20;

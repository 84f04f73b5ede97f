import type { NodeDigest } from './digest';

/** The door that rebuilds a service's read models from the owners' snapshots, alongside the live traffic (B12). */
export const rebuildSubject = (service: string): string => `rpc.${service}.rebuild`;

export type RebuildQuestion =
  /** Of every system that announces the entity, or of one. Asked for while it runs, it goes on as it is. */
  | { readonly ask: 'begin'; readonly entity: string; readonly system?: string; readonly actor: string; readonly reason: string }
  /** The latest of each system. */
  | { readonly ask: 'status'; readonly entity: string };

export interface RebuildStanding {
  readonly entity: string;
  readonly system: string;
  readonly actor: string;
  readonly reason: string;
  readonly items: number;
  /** The last key that is done. */
  readonly cursor: string | null;
  /** Why it waits, for instance for an owner that is not running. */
  readonly problem: string | null;
  readonly requestedAt: string;
  readonly finishedAt: string | null;
}

export interface RebuildAnswer {
  readonly rebuilds: readonly RebuildStanding[];
}

/** A read model that is made anew in a second schema, and then takes the place of the live one in one transaction (ADR 0029). */
export type BesideQuestion =
  /** Asked for while one is open, it goes on as it is. */
  | { readonly ask: 'begin-beside'; readonly actor: string; readonly reason: string }
  /** The latest, and what the live model holds. */
  | { readonly ask: 'status-beside' }
  | { readonly ask: 'swap-beside'; readonly actor: string; readonly reason: string }
  /** Drops the second model; the live one stays as it is. */
  | { readonly ask: 'cancel-beside'; readonly actor: string; readonly reason: string };

/** Of one entity: living keys and digest of both models, and what the swap would do to the live one. */
export interface BesideComparison {
  readonly entity: string;
  readonly live: NodeDigest;
  readonly second: NodeDigest;
  readonly added: number;
  /** Deleted ones are among them. */
  readonly changed: number;
  /** Living keys that the owner does not have, not as deleted either. */
  readonly gone: number;
  /** States of the owner that could not be applied: of them both models show the last one that could. */
  readonly refused: number;
}

export interface BesideStanding {
  readonly state: 'filling' | 'ready' | 'swapped' | 'cancelled';
  readonly actor: string;
  readonly reason: string;
  readonly items: number;
  /** Snapshots that are not through. */
  readonly left: readonly string[];
  /** Why it waits and is tried again. */
  readonly problem: string | null;
  /** Why the swap that was asked for last was not made. */
  readonly refusal: string | null;
  /** As of when it was ready, or of the swap. */
  readonly compared: readonly BesideComparison[];
  readonly requestedAt: string;
  readonly endedBy: string | null;
  readonly endedReason: string | null;
  readonly endedAt: string | null;
}

export interface BesideAnswer {
  readonly beside: BesideStanding | null;
  readonly live: readonly { readonly entity: string; readonly systems: readonly string[]; readonly holds: NodeDigest }[];
}

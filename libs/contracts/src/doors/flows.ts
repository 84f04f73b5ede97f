/**
 * The question "what flows through you, and what does it wait for" (R1–R4), asked of every service that reads a system of record, writes to
 * one, or consumes. A flow is a feed, a kind of effect, or what a consumer builds; its name is `<service>.<entity, kind or builds>`.
 */
export function flowsSubject(service: string): string {
  return `rpc.${service}.flows`;
}

export type FlowsQuestion =
  | { readonly ask: 'list' }
  /** Nothing is lost: what comes meanwhile waits where it is. `resumesAt` is an ISO date; null = until somebody resumes it. */
  | { readonly ask: 'pause'; readonly flow: string; readonly actor: string; readonly reason: string; readonly resumesAt: string | null }
  | { readonly ask: 'resume'; readonly flow: string; readonly actor: string; readonly reason: string };

export type FlowKind = 'feed' | 'effect' | 'consumer';

export interface FlowStatus {
  readonly flow: string;
  readonly kind: FlowKind;
  /** Of a feed and of a consumer of one entity; null where it is about several. */
  readonly entity: string | null;
  /** Vendor of the system of record; null for a consumer. */
  readonly connector: string | null;
  readonly state: 'running' | 'paused';
  readonly pausedBy: string | null;
  readonly reason: string | null;
  readonly since: string | null;
  readonly resumesAt: string | null;
  /**
   * How far behind it is: of a feed the age of what is complete and announced, of an effect that of the oldest one that is due, of a
   * consumer how long it has had something to catch up with. null = not known (nothing was ever complete, or not bound yet).
   */
  readonly latenessMs: number | null;
  /** What the contract promises of it: beyond this it is late; null without a promise. */
  readonly promiseMs: number | null;
  /** What waits: hinted keys, open effects, messages. */
  readonly held: number;
  /** Of the process that answers, over the last minute; null when another replica does this work. */
  readonly perSecond: number | null;
}

/** A system that is called, as the process that answers sees it. */
export interface DependencyStatus {
  readonly name: string;
  readonly breaker: 'closed' | 'open' | 'half-open';
  /** Retries that may still be made (R1). */
  readonly budget: number;
  /** Until when the system asked to be left alone (Retry-After). */
  readonly pausedUntil: string | null;
  readonly inFlight: number;
  readonly waiting: number;
  /** Calls turned away since the start because more important ones waited or the process was late. */
  readonly shed: number;
}

export type FlowsAnswer = { readonly flows: readonly FlowStatus[]; readonly dependencies: readonly DependencyStatus[] } | { readonly done: boolean };

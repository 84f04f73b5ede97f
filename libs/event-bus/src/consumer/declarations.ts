import type { Contract } from '@steward/contracts';
import type { PoolClient } from 'pg';
import type { Envelope } from '../envelope';

/** One key whose stored state has moved; `data` null is a tombstone. */
export interface StateChange<T = unknown> {
  readonly key: string;
  readonly revision: number;
  readonly data: T | null;
  readonly envelope: Envelope;
}

/** One event in the order of its key. */
export interface AppliedEvent<T = unknown> {
  readonly key: string;
  readonly sequence: number;
  readonly data: T;
  readonly envelope: Envelope;
}

/** What a service derives from a state contract. Made by `defineProjection`. */
export interface Projection {
  readonly kind: 'projection';
  readonly builds: string;
  readonly contract: Contract;
  readonly apply: (tx: PoolClient, changes: StateChange[]) => Promise<void>;
}

/** What a service does at an event or command, once per message. Made by `defineHandler` or `defineBatchHandler`. */
export interface Handler {
  readonly kind: 'handler';
  readonly builds: string;
  readonly contract: Contract;
  /** Whether one call takes all events of a batch. */
  readonly coalesces: boolean;
  readonly handleAll: (tx: PoolClient, events: AppliedEvent[]) => Promise<void>;
}

/**
 * `apply` is called after the gate and in its transaction, only with keys that have changed, each once, sorted by key. It may run again
 * with the same changes (a bisected or retried batch), so write its effects in `tx` and nowhere else.
 */
export function defineProjection<T>(spec: {
  builds: string;
  contract: Contract<T>;
  apply: (tx: PoolClient, changes: StateChange<T>[]) => Promise<void>;
}): Projection {
  if (spec.contract.kind !== 'state') throw new TypeError(`${spec.contract.entity} is no state contract: use defineHandler`);
  // The contract's validator has checked each value before it gets here.
  return { kind: 'projection', builds: spec.builds, contract: spec.contract, apply: (tx, changes) => spec.apply(tx, changes as StateChange<T>[]) };
}

/** `handle` is called once per event, in the order of its key (C5b); write its effects in `tx`, together with the inbox row. */
export function defineHandler<T>(spec: {
  builds: string;
  contract: Contract<T>;
  handle: (tx: PoolClient, event: AppliedEvent<T>) => Promise<void>;
}): Handler {
  return defineEach(spec, false, async (tx, events) => {
    for (const event of events) await spec.handle(tx, event);
  });
}

/**
 * `handleAll` is called with everything of a batch that the sequence gate lets pass, in the order in which it was sent, that of
 * each key included: a key that comes twice is there twice. For work whose events compete for the same rows, so that a hot row is
 * locked and written once a batch. It may run again with fewer of them (a bisected batch): its effects belong into `tx`.
 */
export function defineBatchHandler<T>(spec: {
  builds: string;
  contract: Contract<T>;
  handleAll: (tx: PoolClient, events: AppliedEvent<T>[]) => Promise<void>;
}): Handler {
  return defineEach(spec, true, spec.handleAll);
}

function defineEach<T>({ builds, contract }: { builds: string; contract: Contract<T> }, coalesces: boolean, handleAll: (tx: PoolClient, events: AppliedEvent<T>[]) => Promise<void>): Handler {
  if (contract.kind === 'state') throw new TypeError(`${contract.entity} is a state contract: use defineProjection`);
  return { kind: 'handler', builds, contract, coalesces, handleAll: (tx, events) => handleAll(tx, events as AppliedEvent<T>[]) };
}

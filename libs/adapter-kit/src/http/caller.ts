/**
 * On whose behalf a system is called: known to the kit, which begins reads and writes, and wanted where the call leaves the process. It
 * travels beside the arguments, because vendors' packages in between take none of ours.
 */
import { AsyncLocalStorage } from 'node:async_hooks';

/** R3: by what it costs to let it wait, the dearest first. */
export const callLanes = ['checkout', 'stock-and-price', 'catalogue', 'background'] as const;
export type CallLane = (typeof callLanes)[number];

export interface Caller {
  readonly lane: CallLane;
  /** R2: nothing is called after it, on the clock of `performance.now()`, which a process that was stopped has not stopped. */
  readonly until?: number;
  /** Ends what is under way. */
  readonly signal?: AbortSignal;
}

const callers = new AsyncLocalStorage<Caller>();

/** Whoever calls nobody in particular: between what a shopper waits for and what nobody does. */
const anybody: Caller = { lane: 'catalogue' };

/** Runs the work with this lane and deadline. If it is nested, the earlier deadline applies: no step may have more time than the whole. */
export function calling<T>(caller: Caller, work: () => T): T {
  const outer = callers.getStore();
  const until = Math.min(caller.until ?? Infinity, outer?.until ?? Infinity);
  return callers.run({ ...caller, ...(until === Infinity ? {} : { until }) }, work);
}

export const currentCaller = (): Caller => callers.getStore() ?? anybody;

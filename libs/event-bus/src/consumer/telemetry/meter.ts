import { counter, gauge, histogram, observeTraced } from '@steward/platform';
import type { Envelope } from '../../envelope';

/** What one durable's loop reports; every name starts with `steward_` and means the same in every service. */
export interface Meter {
  readonly count: (entity: string, outcome: 'applied' | 'duplicate' | 'superseded' | 'conflict' | 'held' | 'dead_letter' | 'retried', by: number) => void;
  /** From the change at its source to its commit here. */
  readonly propagated: (entity: string, envelopes: readonly Pick<Envelope, 'time' | 'traceparent'>[], nowMs: number) => void;
  readonly rebound: (cause: string) => void;
  readonly lag: (pending: number, unacknowledged: number) => void;
}

/** Each promise of a contract is one of them, so that an alert can count what kept it. */
const promiseBuckets = [0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 10, 30, 60, 300];

export function createMeter(consumer: string, stream: string): Meter {
  const messages = counter('steward_messages_total', 'Messages a consumer has dealt with, by outcome', ['consumer', 'entity', 'outcome']);
  const propagation = histogram('steward_propagation_seconds', 'From the change at its source to its commit in the read model', ['entity'], promiseBuckets);
  const rebinds = counter('steward_consumer_rebinds_total', 'Times a consumer was bound anew (B2, B3), by cause', ['consumer', 'stream', 'cause']);
  const pending = gauge('steward_consumer_lag_messages', 'Messages in the stream that a consumer was not given yet', ['consumer', 'stream']);
  const open = gauge('steward_consumer_unacknowledged_messages', 'Messages a consumer was given and has not acknowledged', ['consumer', 'stream']);
  return {
    count: (entity, outcome, by) => {
      if (by > 0) messages.inc({ consumer, entity, outcome }, by);
    },
    propagated: (entity, envelopes, nowMs) => {
      const series = propagation.labels(entity);
      for (const { time, traceparent } of envelopes) {
        const took = Math.max(0, nowMs - Date.parse(time)) / 1000;
        if (!observeTraced(propagation, { entity }, took, traceparent)) series.observe(took);
      }
    },
    rebound: (cause) => rebinds.inc({ consumer, stream, cause }),
    lag: (waiting, unacknowledged) => {
      pending.set({ consumer, stream }, waiting);
      open.set({ consumer, stream }, unacknowledged);
    },
  };
}

export const deadLettersOpen = (): ReturnType<typeof gauge> =>
  gauge('steward_dead_letters_open', 'Open dead letters', ['owner', 'consumer', 'class']);

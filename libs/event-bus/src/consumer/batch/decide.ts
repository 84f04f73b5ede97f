import type { Envelope } from '../../envelope';
import { type Failure, type FaultClass, isExhausted, retryDelayMs } from '../failure';
import { type Attempts, countAttempt } from '../gate/attempts.store';
import type { Work } from '../work';

type Decision =
  | { kind: 'later'; afterMs: number; attempts: number }
  | { kind: 'letter'; class: FaultClass; error: Error; attempts: number }
  | { kind: 'await'; entity: string; key: string }
  | { kind: 'happened' };

interface Failed {
  readonly id: Envelope['id'];
  readonly isEvent: boolean;
  readonly counted?: Attempts | undefined;
}

/** C3: from a failure to what becomes of its one message. Counts the try, unless it was counted before the handling. */
export async function decide(work: Work, failure: Failure, { id, isEvent, counted }: Failed): Promise<Decision> {
  const { error } = failure;
  if (failure.kind === 'permanent') return { kind: 'letter', class: failure.class, error, attempts: counted?.attempts ?? 1 };
  // C8 is for events: a projection stores each state on its own and composes when the other part is there.
  if (failure.kind === 'awaiting' && isEvent) return { kind: 'await', entity: failure.entity, key: failure.key };
  if (failure.kind === 'unknown' && isEvent && (await work.database.transaction(failure.readBack)) === 'happened') return { kind: 'happened' };
  const { attempts, firstAtMs } = counted ?? (await countAttempt(work.database, work.consumer, id, new Date(work.clock.now())));
  if (isExhausted(work.budget, attempts, firstAtMs, work.clock.now())) return { kind: 'letter', class: 'exhausted', error, attempts };
  return { kind: 'later', afterMs: retryDelayMs(attempts), attempts };
}

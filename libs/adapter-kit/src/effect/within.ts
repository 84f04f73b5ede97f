import { StewardError } from '@steward/platform';
import { nothingSent } from '../http/nothing-sent';

/**
 * Does the work with a signal that ends it in time, and stops waiting then even if the work does not: a call that hangs must not
 * keep its seat. Its time runs on the real clock: a socket knows no other.
 */
export async function within<T>(ms: number, giveUp: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  if (ms <= 0 || giveUp.aborted) throw nothingSent(new StewardError('SOURCE_TIMEOUT', 'its time was over before the call was made'));
  const late = new AbortController();
  const timer = setTimeout(() => late.abort(), ms);
  const signal = AbortSignal.any([late.signal, giveUp]);
  try {
    return await Promise.race([
      work(signal),
      new Promise<never>((_, reject) => {
        signal.addEventListener('abort', () => reject(giveUp.aborted ? new StewardError('SOURCE_ABORTED', 'the service stops') : new StewardError('SOURCE_TIMEOUT', 'no outcome within the deadline')), { once: true });
      }),
    ]);
  } finally {
    clearTimeout(timer);
  }
}

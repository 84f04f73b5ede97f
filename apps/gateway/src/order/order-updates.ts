import type { Database } from '@steward/platform';
import { findOrder, type FoundOrder } from './order.queries';
import { orderKey } from '../news/notify';
import type { Watch } from '../news/watch';

export interface Following {
  readonly database: Database;
  readonly watch: Watch;
  readonly orderId: string;
  /** The version that the reader has already seen. */
  readonly after?: number;
  readonly signal: AbortSignal;
}

/**
 * An order now and after each change of it, until the reader leaves or the process stops. Changes that come faster than they are read are
 * shown together: what counts is how it stands.
 */
export async function* orderUpdates({ database, watch, orderId, after = -1, signal }: Following): AsyncGenerator<FoundOrder> {
  let seen = after;
  let news = true;
  let wake: (() => void) | undefined;
  const note = (): void => {
    news = true;
    wake?.();
  };
  const unsubscribe = watch.subscribe(orderKey(orderId), note);
  signal.addEventListener('abort', note);
  try {
    while (!signal.aborted && !watch.isClosed) {
      if (!news) await new Promise<void>((resolve) => (wake = resolve));
      if (signal.aborted) return;
      news = false;
      const found = await findOrder(database, orderId);
      if (found === undefined) return;
      if (found.version === seen) continue;
      seen = found.version;
      yield found;
    }
  } finally {
    unsubscribe();
    signal.removeEventListener('abort', note);
  }
}

// Listens where every API process of the gateway listens: a change counts as arrived when the notification of its
// commit is here, so what is measured is what a storefront could see, a little later than the commit itself.
import { Client } from 'pg';
import { wallMs } from '../yardstick/line';

interface Notified {
  readonly change?: number;
  readonly keys?: readonly string[];
}

export interface Arrivals {
  readonly count: () => number;
  readonly at: (key: string) => number | undefined;
  /** All, or only this one. */
  readonly forget: (key?: string) => void;
  /** Resolves when this many have arrived since the last `forget`, or says how many are missing. */
  readonly reach: (count: number, withinMs: number) => Promise<void>;
  readonly close: () => Promise<void>;
}

export async function listenForArrivals(gatewayUrl: string): Promise<Arrivals> {
  const ears = new Client({ connectionString: gatewayUrl });
  const reader = new Client({ connectionString: gatewayUrl });
  await Promise.all([ears.connect(), reader.connect()]);
  const arrived = new Map<string, number>();
  const note = (keys: readonly string[], at: number): void => {
    for (const key of keys) if (!arrived.has(key)) arrived.set(key, at);
  };
  ears.on('notification', ({ payload }) => {
    const at = wallMs();
    const { change, keys } = JSON.parse(payload ?? '{}') as Notified;
    if (keys !== undefined) return note(keys, at);
    if (change === undefined) return;
    // A batch too long for a notification names its row instead.
    void reader
      .query<{ product_ids: string[] }>({ name: 'bench-change', text: 'select product_ids from document_change where id = $1', values: [change] })
      .then(({ rows }) => note(rows[0]?.product_ids ?? [], at));
  });
  await ears.query('listen document');
  return {
    count: () => arrived.size,
    at: (key) => arrived.get(key),
    forget: (key) => void (key === undefined ? arrived.clear() : arrived.delete(key)),
    reach: async (count, withinMs) => {
      const until = performance.now() + withinMs;
      while (arrived.size < count) {
        if (performance.now() > until) throw new Error(`only ${arrived.size} of ${count} changes arrived within ${withinMs} ms`);
        await new Promise((resolve) => setTimeout(resolve, 20));
      }
    },
    close: async () => {
      await Promise.all([ears.end(), reader.end()]);
    },
  };
}

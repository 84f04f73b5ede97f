import type { SourceLetters } from '@steward/event-bus';
import { quarantineOf } from '../announce/quarantine';

/** C6: an item in quarantine is not applied from its letter; its key is read again, and what the source says by then decides. */
export function sourceLetters(system: string, entity: string, hinted: () => void): SourceLetters {
  return {
    consumer: quarantineOf(system, entity),
    readAgain: async (tx, key) => {
      await tx.query('insert into hint (entity, keys, received_at) values ($1, array[$2], now())', [entity, key]);
      return () => Promise.resolve(hinted());
    },
  };
}

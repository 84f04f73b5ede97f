import { releaseStock } from '@steward/contracts';
import { defineBatchHandler, type Handler } from '@steward/event-bus';
import type { Clock } from '@steward/platform';
import { giveUpAll } from './give-up';

export function releaseStockHandler(clock: Clock): Handler {
  return defineBatchHandler({ builds: 'reservations', contract: releaseStock, handleAll: (tx, events) => giveUpAll(tx, events, clock) });
}

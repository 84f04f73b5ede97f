import { cancelExport } from '@steward/contracts';
import { defineBatchHandler, type Handler } from '@steward/event-bus';
import type { Clock } from '@steward/platform';
import { giveUpAll } from './give-up';

export function cancelExportHandler(clock: Clock): Handler {
  return defineBatchHandler({ builds: 'sales', contract: cancelExport, handleAll: (tx, events) => giveUpAll(tx, events, clock) });
}

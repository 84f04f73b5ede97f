// Which vendor can do what.
import type { Clock } from '@steward/platform';
import { collectionSpecs, systemNames, type SystemName } from './records/collections';
import type { Store } from './store/store';
import { customerOperations } from './trade/customers';
import { orderSheets } from './trade/orders';
import { saleSheets } from './trade/sales';
import { sheetOperations } from './trade/sheets';
import { jsonApi } from './vendor/json-api';
import type { Api, Operation } from './vendor/operations';
import { readsOf } from './vendor/reads';

export function createApis(store: Store, clock: Clock): readonly Api[] {
  const now = () => clock.now();
  const writes: Partial<Record<SystemName, readonly Operation[]>> = {
    oms: sheetOperations(orderSheets, store, now),
    erp: sheetOperations(saleSheets(store), store, now),
    crm: customerOperations(store),
  };
  const speakingJson = systemNames.filter((system) => system !== 'psp');
  return speakingJson.map((system) => {
    const reads = collectionSpecs.filter((spec) => spec.system === system).flatMap((spec) => readsOf(spec, store, clock));
    return jsonApi(system, [...reads, ...(writes[system] ?? [])]);
  });
}

// Which vendor can do what.
import type { Clock } from '@steward/platform';
import { writeOperations } from './psp/calls';
import { pspApi } from './psp/dialect';
import { readOperations } from './psp/lists';
import { collectionSpecs, systemNames, type SystemName } from './records/collections';
import type { Store } from './store/store';
import { customerOperations } from './trade/customers';
import { orderSheets } from './trade/orders';
import { saleSheets } from './trade/sales';
import { sheetOperations } from './trade/sheets';
import { jsonApi } from './vendor/json-api';
import type { Operation } from './vendor/operations';
import { readsOf } from './vendor/reads';
import type { Mounted } from './vendor/vendor.controller';

/** `url` tells where the sandbox is, once it listens. */
export function createApis(store: Store, clock: Clock, url: () => string): readonly Mounted[] {
  const now = () => clock.now();
  const writes: Partial<Record<SystemName, readonly Operation[]>> = {
    oms: sheetOperations(orderSheets, store, now),
    erp: sheetOperations(saleSheets(store), store, now),
    crm: customerOperations(store),
  };
  const speakingJson = systemNames.filter((system) => system !== 'psp');
  const vendors = speakingJson.map((system): Mounted => {
    const reads = collectionSpecs.filter((spec) => spec.system === system).flatMap((spec) => readsOf(spec, store, clock));
    return { api: jsonApi(system, [...reads, ...(writes[system] ?? [])]), at: { [`/${system}`]: `/${system}` } };
  });
  const psp = pspApi([...readOperations(store, clock), ...writeOperations(store, clock, url)]);
  // The PSP's own client knows a host and a port, and no path before /v1.
  return [...vendors, { api: psp, at: { '/psp': '/psp', '/v1': '/psp/v1' } }];
}

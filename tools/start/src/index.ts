export { readProduct, type ShownAvailability, type ShownProduct, skuOf } from './clients/gateway.client';
export { isReady } from './clients/health.client';
export { sandboxControl, type SandboxCollection, type SandboxControl, type SandboxRecord } from './clients/sandbox.client';
export { seed, type Seeded } from './seed';
export { databaseOf, databaseOwners, type DatabaseOwner } from './system/databases';
export { freePortPlan, portsFrom, processNames, type Ports, type ProcessName } from './system/ports';
export type { ServiceName } from './system/services';
export { startSystem, type System, type SystemOptions } from './system/system';
export { scratchFolder } from './system/scratch-folder';

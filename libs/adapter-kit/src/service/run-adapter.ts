import { releaseOf } from '@steward/event-bus';
import { loadEnv, runMain } from '@steward/platform';
import type { Adapter } from './define-adapter';
import { type AdapterEnv, adapterShape, connectorVariable } from './adapter-env';
import { createAdapter, migrationsOf } from './create-adapter';

/** Runs an adapter: everything its main.ts needs besides telemetry. */
export function runAdapter(adapter: Adapter): void {
  runMain(adapter.name, adapterShape(adapter, selected(adapter)), (env) => createAdapter(adapter, env as AdapterEnv), () => releaseOf({ service: adapter.name, process: adapter.name, migrations: migrationsOf(adapter) }));
}

/** The connector that is asked for; undefined when the environment has faults that runMain will tell. */
function selected(adapter: Adapter): string | undefined {
  try {
    return loadEnv(connectorVariable(adapter), undefined, Object.keys(adapterShape(adapter, undefined))).STEWARD_CONNECTOR;
  } catch {
    return undefined;
  }
}

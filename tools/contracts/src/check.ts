import type { Fault } from './fault';
import { loadContracts } from './load';
import type { ContractSource } from './model';

/** Everything that can be said against the contracts under `root`, in one run. */
export function check(root: string): { readonly sources: readonly ContractSource[]; readonly faults: readonly Fault[] } {
  return loadContracts(root);
}

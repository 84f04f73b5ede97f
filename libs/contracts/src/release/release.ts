import type { ContractVersion } from '../contract';
import { contracts } from '../generated/catalogue';
import { newestOf, versionName } from '../upcast/versions';

export interface ReadVersion extends ContractVersion {
  /** The systems whose messages of it are taken. */
  readonly from: readonly string[];
}

/** One build of one service, by its own declarations. */
export interface Release {
  readonly service: string;
  readonly version: string;
  readonly produces: readonly ContractVersion[];
  readonly reads: readonly ReadVersion[];
  /** Every migration that the build knows. */
  readonly migrations: readonly string[];
  /** The programs that make up the service: all have to run. */
  readonly processes: readonly string[];
}

/**
 * What the contracts that a build was compiled with say about a service: it produces each entity in the newest version, and may read older
 * ones.
 */
export function declaredOf(service: string): Pick<Release, 'produces' | 'reads'> {
  return {
    produces: newestOf(contracts).filter(({ systems }) => systems.includes(service)).map(({ entity, major }) => ({ entity, major })).toSorted(byName),
    reads: readsOf(contracts.flatMap((contract) => contract.consumers.filter((consumer) => consumer.service === service).map(({ from }) => ({ entity: contract.entity, major: contract.major, from })))),
  };
}

/** Two parts of a service may take the same contract from different systems: said once for each version. */
export function readsOf(reads: readonly ReadVersion[]): ReadVersion[] {
  const together = new Map<string, ReadVersion>();
  for (const each of reads) {
    const known = together.get(versionName(each))?.from ?? [];
    together.set(versionName(each), { entity: each.entity, major: each.major, from: [...new Set([...known, ...each.from])].toSorted() });
  }
  return [...together.values()].toSorted(byName);
}

const byName = (a: ContractVersion, b: ContractVersion): number => (a.entity === b.entity ? a.major - b.major : a.entity < b.entity ? -1 : 1);

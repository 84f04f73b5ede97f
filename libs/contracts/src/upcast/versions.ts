/**
 * Contracts by version. A message, a letter and a stored row have a major, and what they say is read, masked and validated by that one; whoever
 * speaks of an entity without having anything of it in hand means the newest.
 */
import type { Contract, ContractVersion } from '../contract';
import { contracts } from '../generated/catalogue';
import type { Catalogue } from './upcast';

type Known = Pick<Catalogue, 'contracts'>;

/** undefined if this build does not know the version: then it can't tell which parts are personal. */
export const contractAt = (known: Known, { entity, major }: ContractVersion): Contract | undefined => known.contracts.find((each) => each.entity === entity && each.major === major);

/** Every known version of an entity, newest first. */
export const versionsOf = (known: Known, entity: string): readonly Contract[] => known.contracts.filter((each) => each.entity === entity).toSorted((a, b) => b.major - a.major);

/** The newest contract of each entity, in the given order. */
export const newestOf = (all: readonly Contract[]): readonly Contract[] => all.filter(({ entity, major }) => !all.some((other) => other.entity === entity && other.major > major));

export const versionName = ({ entity, major }: ContractVersion): string => `${entity}@${String(major)}`;

/** The version in a subject (`evt.pim.product.v1.<key>`) or a type (`pim.product.v1`). */
export function versionIn(text: string): ContractVersion | undefined {
  const [, entity, major] = /^(?:evt\.|cmd\.)?[^.]+\.([^.]+)\.v([1-9][0-9]{0,8})(?:\.|$)/.exec(text) ?? [];
  return entity === undefined ? undefined : { entity, major: Number(major) };
}

/** What this build says of each entity. */
export const currentContracts: readonly Contract[] = newestOf(contracts);

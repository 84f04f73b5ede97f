import type { Contract, ContractVersion } from '../contract';
import { withKnownValues } from '../open-enum';

/** How what one major says is said in the next one. */
export interface Upcast {
  readonly entity: string;
  readonly from: number;
  readonly to: number;
  readonly raise: (data: unknown) => unknown;
}

/** What a build knows of contracts. */
export interface Catalogue {
  readonly contracts: readonly Contract[];
  readonly upcasts: readonly Upcast[];
}

/**
 * `raise` is pure and accepts everything that the old validator accepts; unknown values of open enums are replaced before. It invents no
 * data and asks nobody: a redrive a year later must give the same result.
 */
export function defineUpcast<Old, New>(from: Contract<Old>, to: Contract<New>, raise: (data: Old) => New): Upcast {
  const what = `${from.entity}@${String(from.major)} to ${to.entity}@${String(to.major)}`;
  if (from.entity !== to.entity || from.kind !== to.kind || to.major !== from.major + 1) throw new TypeError(`${what} is no step to the next major of one contract`);
  // The gates see one key for both: a key that is built otherwise is another entity.
  if (from.key.from.join() !== to.key.from.join() || from.key.separator !== to.key.separator) throw new TypeError(`${what}: a major may not change the key`);
  return { entity: from.entity, from: from.major, to: to.major, raise: (data) => raise(data as Old) };
}

/** The majors of its entity that a consumer declaring `contract` can read, its own first. */
export function readableMajors({ upcasts }: Pick<Catalogue, 'upcasts'>, { entity, major }: ContractVersion): readonly number[] {
  const before = upcasts.find((each) => each.entity === entity && each.to === major);
  return before === undefined ? [major] : [major, ...readableMajors({ upcasts }, { entity, major: before.from })];
}

/**
 * Upcasts data that the old contract has accepted to `to`. The result is validated as well: a wrong upcast opens dead letters, and nothing
 * of it is stored.
 */
export function raised(catalogue: Catalogue, from: Contract, to: Contract, data: unknown): { readonly data: unknown } | { readonly refused: string } {
  if (!readableMajors(catalogue, to).includes(from.major)) return { refused: `v${String(from.major)} of ${from.entity} can't be read as the v${String(to.major)} that is declared here` };
  let current = data;
  try {
    for (let major = from.major; major < to.major; major++) current = catalogue.upcasts.find((each) => each.entity === to.entity && each.from === major)?.raise(current);
  } catch (error) {
    return { refused: `the upcast from v${String(from.major)} to v${String(to.major)} failed: ${(error as Error).message}` };
  }
  const problems = to.validateConsumed(current);
  if (problems.length > 0) return { refused: `the upcast from v${String(from.major)} gives no v${String(to.major)}: ${problems.slice(0, 10).map(({ pointer, message }) => `${pointer || '/'} ${message}`).join('; ')}` };
  return { data: withKnownValues(to, current) };
}

import type { Contract } from '@steward/contracts';

/** A table whose rows others are told of as states. Made by `defineTold`. */
export interface Told {
  readonly contract: Contract;
  /** It has been through `tellTable`; its column `id` is the key. */
  readonly table: string;
  /** Columns beside id and version, as SQL names or expressions over the row. */
  readonly select: string;
  /** The whole state: no payload, no personal data. Pure. */
  readonly toData: (row: Readonly<Record<string, unknown>>, service: string) => unknown;
}

/**
 * Declares a told table.
 * @throws TypeError if the contract is not one of told rows
 */
export function defineTold<Row extends object, T>(spec: {
  contract: Contract<T>;
  table: string;
  select: string;
  toData: (row: Row, service: string) => T;
}): Told {
  if (!spec.contract.told) throw new TypeError(`${spec.contract.entity} is no told contract: what a service decides itself is announced by the transaction that decides it`);
  // `select` says what a row has, so what is handed over is a Row.
  return { ...spec, toData: (row, service) => spec.toData(row as unknown as Row, service) };
}

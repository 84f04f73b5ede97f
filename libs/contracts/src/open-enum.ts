import type { Contract } from './contract';

/**
 * The same data with every unknown value of an open enum replaced by the contract's default (C9). For readers only: what is stored keeps
 * the original, so that a later version that knows the value needs no replay. Copies only what it changes.
 */
export function withKnownValues<T>(contract: Contract<T>, data: T): T {
  let result: unknown = data;
  for (const { path, values, fallback } of contract.openEnums) {
    result = mapAt(result, path, (value) => (typeof value === 'string' && !values.includes(value) ? fallback : value));
  }
  return result as T;
}

function mapAt(value: unknown, path: readonly string[], change: (value: unknown) => unknown): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return change(value);
  if (typeof value !== 'object' || value === null) return value;
  if (Array.isArray(value)) {
    const items = value.map((item) => mapAt(item, rest, change));
    return items.some((item, index) => item !== value[index]) ? items : value;
  }
  const record = value as Readonly<Record<string, unknown>>;
  const names = name === '*' ? Object.keys(record) : name in record ? [name] : [];
  const changed = names.flatMap((field) => {
    const next = mapAt(record[field], rest, change);
    return next === record[field] ? [] : [[field, next] as const];
  });
  return changed.length === 0 ? value : { ...record, ...Object.fromEntries(changed) };
}

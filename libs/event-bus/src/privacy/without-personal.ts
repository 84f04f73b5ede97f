import type { Contract } from '@steward/contracts';

/**
 * The same data with every value that the contract, in the data's version, marks as personal replaced by one of the same kind. The result
 * still fits the contract, so that it can be read, compared and sent again. Pure.
 */
export function withoutPersonal(contract: Contract, data: unknown): unknown {
  return contract.piiPaths.reduce((cleared, path) => clearAt(cleared, path.split('/').slice(1)), onlyKnownFields(contract, data));
}

/** Of what no contract is known, or what does not fit it: a person may be anywhere in it. */
export function withoutAny(value: unknown): unknown {
  if (Array.isArray(value)) return value.map(withoutAny);
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([name, inner]) => [name, withoutAny(inner)]));
  return typeof value === 'string' ? '…' : typeof value === 'number' ? 0 : value;
}

/** What a newer version of the contract has added may be personal, and this one can't know it. */
function onlyKnownFields(contract: Contract, data: unknown): unknown {
  const unknown = contract.validateProduced(data).filter(({ message }) => message === unknownField);
  if (unknown.length === 0) return data;
  // A validator names only so many at once.
  return onlyKnownFields(contract, unknown.reduce((left, { pointer }) => dropAt(left, pointer.split('/').slice(1).map(unescape)), data));
}

/** As the contracts' validators say it. */
const unknownField = 'is not a field of the contract';
const unescape = (token: string): string => token.replaceAll('~1', '/').replaceAll('~0', '~');

function dropAt(value: unknown, [name, ...rest]: readonly string[]): unknown {
  if (Array.isArray(value)) return value.map((item: unknown, index) => (name === String(index) ? dropAt(item, rest) : item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).flatMap(([key, inner]) => (key !== name ? [[key, inner as unknown]] : rest.length === 0 ? [] : [[key, dropAt(inner, rest)]])));
}

function clearAt(value: unknown, path: readonly string[]): unknown {
  const [name, ...rest] = path;
  if (name === undefined) return nobody(value);
  if (Array.isArray(value)) return value.map((item: unknown, index) => (name === '*' || name === String(index) ? clearAt(item, rest) : item));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, name === '*' || name === key ? clearAt(inner, rest) : (inner as unknown)]));
}

function nobody(value: unknown): unknown {
  if (typeof value === 'string') return nobodysText(value);
  if (Array.isArray(value)) return [];
  if (typeof value === 'object' && value !== null) return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, nobody(inner)]));
  return typeof value === 'number' ? 0 : typeof value === 'boolean' ? false : value;
}

/** Formats that contracts ask for; `.invalid` never resolves, and ZZ is no country. */
function nobodysText(text: string): string {
  if (/^\S+@\S+$/.test(text)) return 'erased@erased.invalid';
  if (/^[a-z][a-z0-9+.-]*:\/\//i.test(text)) return 'https://erased.invalid/';
  if (/^[A-Z]{2}$/.test(text)) return 'ZZ';
  if (/^\d{4}-\d{2}-\d{2}T/.test(text)) return '1970-01-01T00:00:00.000Z';
  return 'erased';
}

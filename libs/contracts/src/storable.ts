import type { Problem } from './problem';

// Almost no text has either, and one test that knows so is far cheaper than asking for both.
const SUSPICIOUS = /[\u0000\ud800-\udfff]/;

/**
 * Text that is valid JSON and yet can't be kept: PostgreSQL has no NUL, and half a surrogate pair is no UTF-8. Refused with the
 * contract, so that it costs its own key and not the statement of the whole batch.
 */
export function storable(payload: unknown): Problem[] {
  // Places are built only for what has a fault.
  return isStorable(payload) ? [] : faultsIn(payload, '');
}

function isStorable(value: unknown): boolean {
  if (typeof value === 'string') return !SUSPICIOUS.test(value) || faultOf(value) === undefined;
  if (typeof value !== 'object' || value === null) return true;
  if (Array.isArray(value)) return value.every(isStorable);
  for (const name of Object.keys(value)) {
    if (SUSPICIOUS.test(name) && faultOf(name) !== undefined) return false;
    if (!isStorable((value as Readonly<Record<string, unknown>>)[name])) return false;
  }
  return true;
}

function faultsIn(value: unknown, pointer: string): Problem[] {
  if (typeof value === 'string') {
    const fault = faultOf(value);
    return fault === undefined ? [] : [{ pointer, message: `contains ${fault}` }];
  }
  if (typeof value !== 'object' || value === null) return [];
  return Object.entries(value).flatMap(([name, inner]) => {
    const place = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    const fault = faultOf(name);
    return [...(fault === undefined ? [] : [{ pointer: place, message: `its name contains ${fault}` }]), ...faultsIn(inner, place)];
  });
}

function faultOf(text: string): string | undefined {
  if (text.includes('\u0000')) return 'a NUL character';
  return text.isWellFormed() ? undefined : 'half a surrogate pair';
}

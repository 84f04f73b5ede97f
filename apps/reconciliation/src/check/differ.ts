import { maskedValue } from '@steward/contracts';

export interface DifferingField {
  /** JSON Pointer; '' = the whole. */
  readonly pointer: string;
  readonly left: unknown;
  readonly right: unknown;
}

/** More are not told: who sees fifty fields differ looks at the whole. */
const MOST_FIELDS = 50;
const MOST_CHARACTERS = 300;
const MASK = maskedValue('');

/** Where two states differ, by the deepest places. Personal values stay masked, long ones are cut. Pure. */
export function differingFields(left: unknown, right: unknown): DifferingField[] {
  const found: DifferingField[] = [];
  walk('', left, right, found);
  return found.slice(0, MOST_FIELDS);
}

function walk(pointer: string, left: unknown, right: unknown, found: DifferingField[]): void {
  if (found.length >= MOST_FIELDS || same(left, right)) return;
  if (isContainer(left) && isContainer(right) && Array.isArray(left) === Array.isArray(right)) {
    const [one, other] = [left as Readonly<Record<string, unknown>>, right as Readonly<Record<string, unknown>>];
    for (const name of new Set([...Object.keys(one), ...Object.keys(other)])) walk(`${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`, one[name], other[name], found);
    // The same fields in another order: another text, and so another hash.
    if (found.length === 0 && pointer === '') found.push({ pointer, left: 'order of fields', right: 'order of fields' });
    return;
  }
  found.push({ pointer, left: shown(left), right: shown(right) });
}

const isContainer = (value: unknown): boolean => typeof value === 'object' && value !== null;
const same = (left: unknown, right: unknown): boolean => left === right || JSON.stringify(left) === JSON.stringify(right);

function shown(value: unknown): unknown {
  if (value === undefined) return null;
  if (typeof value === 'string' && value.startsWith(MASK)) return '***';
  const text = JSON.stringify(value);
  return text.length <= MOST_CHARACTERS ? value : `${text.slice(0, MOST_CHARACTERS)}…`;
}

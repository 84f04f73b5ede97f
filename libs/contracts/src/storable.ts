import type { Problem } from './contract';

/**
 * Text that is valid JSON and yet can't be kept: PostgreSQL has no NUL, and half a surrogate pair is no UTF-8. Refused with the
 * contract, so that it costs its own key and not the statement of the whole batch.
 */
export function storable(value: unknown, pointer = ''): Problem[] {
  if (typeof value === 'string') {
    if (value.includes('\u0000')) return [{ pointer, message: 'contains a NUL character' }];
    return value.isWellFormed() ? [] : [{ pointer, message: 'contains half a surrogate pair' }];
  }
  if (typeof value !== 'object' || value === null) return [];
  const problems: Problem[] = [];
  for (const name in value) {
    const inner = (value as Readonly<Record<string, unknown>>)[name];
    // Numbers and flags need neither a pointer nor a call.
    if (typeof inner !== 'string' && (typeof inner !== 'object' || inner === null)) {
      if (isStorableText(name)) continue;
    } else if (isStorableText(name) && typeof inner === 'string' && isStorableText(inner)) {
      continue;
    }
    const place = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
    if (!isStorableText(name)) problems.push({ pointer: place, message: 'the name contains a NUL character or half a surrogate pair' });
    problems.push(...storable(inner, place));
  }
  return problems;
}

function isStorableText(text: string): boolean {
  return !text.includes('\u0000') && text.isWellFormed();
}

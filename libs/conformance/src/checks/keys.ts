/** Throws with the first few keys that are missing, twice or too many. */
export function sameKeys(found: readonly string[], expected: ReadonlySet<string>): void {
  const seen = new Set<string>();
  const twice = found.filter((key) => seen.size === seen.add(key).size);
  const told = [
    list('missing', [...expected].filter((key) => !seen.has(key))),
    list('nobody knows', [...seen].filter((key) => !expected.has(key))),
    list('twice', twice),
  ].filter((line) => line !== undefined);
  if (told.length > 0) throw new Error(told.join('; '));
}

const list = (what: string, keys: readonly string[]): string | undefined => (keys.length === 0 ? undefined : `${what}: ${keys.slice(0, 3).join(', ')}${keys.length > 3 ? ` and ${keys.length - 3} more` : ''}`);

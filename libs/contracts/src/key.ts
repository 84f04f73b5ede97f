/** A key's UTF-8 bytes; three characters each at worst, so a subject stays far below the broker's 4 KiB line. */
const MAX_KEY_BYTES = 255;

// What stays readable in a subject. '%' starts an escape; '.', '*', '>', spaces and controls would change the subject (B8).
const PLAIN = /^[A-Za-z0-9_@:~-]+$/;
const plainBytes = new Set(Array.from('ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_@:~-', (character) => character.charCodeAt(0)));
const escapes = Array.from({ length: 256 }, (_, byte) =>
  plainBytes.has(byte) ? String.fromCharCode(byte) : `%${byte.toString(16).toUpperCase().padStart(2, '0')}`,
);

/**
 * Encodes a key as exactly one subject token (B8). Equal keys give equal tokens and different keys different ones.
 * @throws RangeError for what has no token: the empty key, more than 255 bytes of UTF-8, half a surrogate pair.
 */
export function encodeKey(key: string): string {
  if (key.length <= MAX_KEY_BYTES && PLAIN.test(key)) return key;
  if (key === '') throw new RangeError('CONTRACT_KEY_INVALID: the key is empty; accepted: 1 to 255 bytes of UTF-8');
  if (!key.isWellFormed()) throw new RangeError('CONTRACT_KEY_INVALID: the key has half a surrogate pair; accepted: well-formed Unicode');
  const bytes = Buffer.from(key, 'utf8');
  if (bytes.length > MAX_KEY_BYTES) {
    throw new RangeError(`CONTRACT_KEY_INVALID: the key has ${bytes.length} bytes; accepted: 1 to ${MAX_KEY_BYTES} bytes of UTF-8`);
  }
  let token = '';
  for (const byte of bytes) token += escapes[byte];
  return token;
}

/**
 * The key of a subject token. Refuses every spelling that `encodeKey` would not produce, because otherwise one key would have two subjects.
 * @throws RangeError
 */
export function decodeKey(token: string): string {
  if (token.length <= MAX_KEY_BYTES && PLAIN.test(token)) return token;
  let key: string | undefined;
  try {
    key = decodeURIComponent(token);
  } catch {
    // A broken escape or bytes that are not UTF-8: refused below.
  }
  if (key === undefined || key === '' || encodeKey(key) !== token) {
    throw new RangeError(`CONTRACT_KEY_INVALID: ${JSON.stringify(token)} is no encoded key; accepted: what encodeKey gives`);
  }
  return key;
}

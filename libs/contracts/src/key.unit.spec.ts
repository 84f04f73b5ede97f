import fc from 'fast-check';
import { decodeKey, encodeKey } from './key';

const anyKey = fc
  .string({ unit: 'binary', minLength: 1, maxLength: 80 })
  .filter((key) => Buffer.byteLength(key) <= 255);
/** Made of what breaks subjects, and of what the encoding itself uses. */
const hostileKey = fc.string({ unit: fc.constantFrom('.', '*', '>', ' ', '\t', '\r', '\n', '\u0000', '%', '2', 'E', 'é', '😀', '$', '/', 'a', '@'), minLength: 1, maxLength: 60 });

describe('encoding of keys', () => {
  it('B8: is reversible', () => {
    fc.assert(fc.property(fc.oneof(anyKey, hostileKey), (key) => decodeKey(encodeKey(key)) === key), { numRuns: 2_000 });
  });

  it('B8: gives one token that no server or client reads as something else', () => {
    fc.assert(fc.property(fc.oneof(anyKey, hostileKey), (key) => /^[A-Za-z0-9_@:~%-]+$/.test(encodeKey(key))), { numRuns: 2_000 });
  });

  it('B8: gives different keys different tokens', () => {
    fc.assert(fc.property(hostileKey, hostileKey, (one, other) => (one === other) === (encodeKey(one) === encodeKey(other))), { numRuns: 2_000 });
  });

  it('B8: accepts no second spelling of a key', () => {
    fc.assert(
      fc.property(fc.string({ unit: fc.constantFrom('%', '4', '1', '2', 'e', 'E', 'A', '.', 'C', '3'), minLength: 1, maxLength: 12 }), (token) => {
        try {
          return encodeKey(decodeKey(token)) === token;
        } catch (error) {
          return error instanceof RangeError;
        }
      }),
      { numRuns: 2_000 },
    );
    for (const token of ['', '%41', '%2e', '%zz', '%C3', 'a.b', 'a b', '%']) expect(() => decodeKey(token)).toThrow(RangeError);
  });

  it('keeps usual keys readable', () => {
    expect(encodeKey('SKU-1001_b@berlin')).toBe('SKU-1001_b@berlin');
    expect(encodeKey('a.b *>')).toBe('a%2Eb%20%2A%3E');
  });

  it('O5: refuses what has no token, and says what is accepted', () => {
    expect(() => encodeKey('')).toThrow(/CONTRACT_KEY_INVALID.*accepted: 1 to 255 bytes/);
    expect(() => encodeKey('ä'.repeat(128))).toThrow(/256 bytes/);
    expect(() => encodeKey('a'.repeat(256))).toThrow(/256 bytes/);
    expect(() => encodeKey('\ud800')).toThrow(/surrogate/);
    expect(encodeKey('ä'.repeat(127))).toHaveLength(127 * 6);
  });
});

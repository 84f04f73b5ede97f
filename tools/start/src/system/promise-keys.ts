import { createHash, createPrivateKey } from 'node:crypto';

/** RFC 8410: what stands before the 32 bytes of an Ed25519 key in PKCS #8. */
const PKCS8_PREFIX = Buffer.from('302e020100300506032b657004220420', 'hex');

/** JSON Web Key Sets of the key that price promises are signed with here: the gateway's, and what others verify with. */
export function promiseKeys(secret: string): { readonly signing: string; readonly verifying: string } {
  const seed = createHash('sha256').update(secret).digest();
  const { kty, crv, x, d } = createPrivateKey({ key: Buffer.concat([PKCS8_PREFIX, seed]), format: 'der', type: 'pkcs8' }).export({ format: 'jwk' });
  const known = { kty, crv, kid: 'local', x };
  return { signing: JSON.stringify({ keys: [{ ...known, d }] }), verifying: JSON.stringify({ keys: [known] }) };
}

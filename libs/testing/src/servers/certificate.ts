import { chmodSync, chownSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { generate } from 'selfsigned';

export interface Certificate {
  readonly certFile: string;
  readonly keyFile: string;
  /** PEM: whoever trusts it trusts the server. */
  readonly cert: string;
}

/** A certificate of this machine's own address, signed by itself, in files that a server which dropped its rights can read. */
export async function selfSigned(dir: string): Promise<Certificate> {
  const { cert, private: key } = await generate([{ name: 'commonName', value: '127.0.0.1' }], {
    keySize: 2048,
    extensions: [{ name: 'basicConstraints', cA: true }, { name: 'subjectAltName', altNames: [{ type: 2, value: 'localhost' }, { type: 7, ip: '127.0.0.1' }] }],
  });
  const certFile = join(dir, 'server.crt');
  const keyFile = join(dir, 'server.key');
  writeFileSync(certFile, cert, { mode: 0o644 });
  writeFileSync(keyFile, key, { mode: 0o600 });
  // PostgreSQL refuses to run as root and to read a key of somebody else's: root's own may be read by a group (of nobody's).
  if (process.getuid?.() === 0) {
    chmodSync(dir, 0o755);
    chownSync(keyFile, 0, NOBODY);
    chmodSync(keyFile, 0o640);
  }
  return { certFile, keyFile, cert };
}

const NOBODY = 65_534;

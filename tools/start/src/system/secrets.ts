import { randomBytes } from 'node:crypto';
import { chmodSync, existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { ServerFault } from '@steward/servers';

export type Secrets = (name: string) => string;

/** Random passwords by name, made on first use and kept in the data folder, readable by its owner only. */
export function openSecrets(folder: string): Secrets {
  const file = join(folder, 'secrets.json');
  let known: Record<string, string> = {};
  if (existsSync(file)) {
    chmodSync(file, 0o600);
    try {
      known = JSON.parse(readFileSync(file, 'utf8')) as Record<string, string>;
    } catch (cause) {
      throw new ServerFault(`${file} is damaged: start with --reset, or choose another folder with --data`, { cause });
    }
  }
  return (name) => {
    const found = known[name];
    if (found !== undefined) return found;
    const made = randomBytes(18).toString('base64url');
    known[name] = made;
    writeFileSync(file, `${JSON.stringify(known, null, 2)}\n`, { mode: 0o600 });
    return made;
  };
}

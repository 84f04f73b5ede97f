// Writes what the charts know of the services: run it after a build when a service's variables, a contract or a declaration here changed.
import { mkdirSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { generated } from './generate';
import { repository } from './services/variables';

for (const [path, text] of generated()) {
  mkdirSync(dirname(join(repository, path)), { recursive: true });
  writeFileSync(join(repository, path), text);
}
process.stdout.write(`${String(generated().size)} files written\n`);

import { chmodSync, mkdtempSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

/** A new data folder for a system that is thrown away; its owner removes it. */
export function scratchFolder(purpose: string): string {
  const folder = mkdtempSync(join(tmpdir(), `steward-${purpose}-`));
  chmodSync(folder, 0o755); // as root PostgreSQL runs as another user and has its folder in there
  return folder;
}

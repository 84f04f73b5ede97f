/** The real promtool: PROMTOOL_BIN, then PATH, then the cache, then Debian's package of Prometheus. */
import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, fetchFromDebian, keepProgram } from '@steward/servers';

export type Promtool = { readonly kind: 'found'; readonly path: string } | { readonly kind: 'none'; readonly reason: string };

const inDebian = { package: 'prometheus', paths: ['usr/bin/promtool'], suites: ['bookworm', 'trixie'] } as const;

export async function resolvePromtool(): Promise<Promtool> {
  const chosen = process.env['PROMTOOL_BIN'];
  if (chosen !== undefined && chosen !== '') return { kind: 'found', path: chosen };
  if (spawnSync('promtool', ['--version']).status === 0) return { kind: 'found', path: 'promtool' };
  const path = join(cacheFolder('promtool'), 'promtool');
  if (existsSync(path)) return { kind: 'found', path };
  const fetched = await fetchFromDebian(inDebian, () => undefined);
  if (fetched.kind === 'failed') return { kind: 'none', reason: `${fetched.reason}; install promtool on PATH or name it in PROMTOOL_BIN` };
  try {
    return { kind: 'found', path: keepProgram(path, fetched.path) };
  } finally {
    fetched.cleanUp();
  }
}

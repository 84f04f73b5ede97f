import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { npmSettings } from './base-image';
import { run } from './run';
import type { Store } from './store';

export const imageOf = (app: string): string => `localhost/steward/${app}:trial`;

/** With the recipe that everybody uses, offline but for npm; layers are kept, so what the images share is built once. */
export async function buildImage(store: Store, repository: string, app: string): Promise<void> {
  const folder = mkdtempSync(join(tmpdir(), 'steward-build-'));
  try {
    const settings = join(folder, 'npmrc');
    writeFileSync(settings, await npmSettings(), { mode: 0o600 });
    const { version } = JSON.parse(readFileSync(join(repository, 'apps', app, 'package.json'), 'utf8')) as { version: string };
    const revision = (await run('git', ['rev-parse', 'HEAD'], { cwd: repository })).out.trim() || 'unknown';
    await store.buildah('bud', '--isolation', 'chroot', '--pull-never', '--layers', '--ulimit', `nofile=${openFilesLimit()}`, '--build-arg', `APP=${app}`, '--build-arg', `VERSION=${version}`, '--build-arg', `REVISION=${revision}`,
      '--secret', `id=npmrc,src=${settings}`, '--file', join(repository, 'docker', 'Dockerfile'), '--tag', imageOf(app), repository);
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

/** What this process may open: npm opens more at once than the 1,024 that buildah grants if nothing is said. */
function openFilesLimit(): string {
  return /^Max open files\s+\d+\s+(\d+)/m.exec(readFileSync('/proc/self/limits', 'utf8'))?.[1] ?? '1024';
}

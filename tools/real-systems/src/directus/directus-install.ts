/** Directus from npm, once per version, in the cache folder. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder } from '@steward/servers';

const version = '12.4.0'; // 12.4.1 asks for a package that does not exist

/**
 * isolated-vm runs scripts of Flows; the version that Directus names is compiled at install and knows no Node 24, this one brings its
 * programs. So no install script has to run, and no compiler has to be there.
 */
const manifest = { name: 'directus-of-steward', private: true, dependencies: { directus: version }, overrides: { 'isolated-vm': '6.1.2' } };

const folder = (): string => join(cacheFolder('directus'), `${version}-node${process.versions.modules}-${process.arch}`);
const npm = (): [string, string[]] => {
  const script = process.env['npm_execpath'];
  return script !== undefined && /\.c?js$/.test(script) ? [process.execPath, [script]] : ['npm', []];
};

/** Undefined when Directus is, or can be, installed; otherwise the reason in one sentence. */
export function whyNot(): string | undefined {
  if (existsSync(folder())) return undefined;
  const [command, args] = npm();
  return spawnSync(command, [...args, '--version']).status === 0 ? undefined : 'Directus is not installed and this machine has no npm to install it';
}

/** The script that starts Directus; installs it where needed (about a minute, 700 MB). */
export function installDirectus(say: (line: string) => void): string {
  const target = folder();
  if (!existsSync(target)) {
    say(`directus: npm install of ${version}`);
    const draft = mkdtempSync(join(cacheFolder('directus'), 'draft-'));
    writeFileSync(join(draft, 'package.json'), JSON.stringify(manifest));
    const [command, args] = npm();
    // By --prefix: an npm that runs us hands its own project down to an npm that we run.
    const ran = spawnSync(command, [...args, 'install', '--prefix', draft, '--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: draft, encoding: 'utf8' });
    if (ran.status !== 0) {
      rmSync(draft, { recursive: true, force: true });
      throw new Error(`npm install of Directus failed: ${ran.stderr.slice(-800)}`);
    }
    renameSync(draft, target); // when it is whole
  }
  return join(target, 'node_modules/directus/cli.js');
}

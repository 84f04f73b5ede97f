/** Servers from npm, once per version, in the cache folder. */
import { spawnSync } from 'node:child_process';
import { existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, keepWhole } from '@steward/servers';

export interface FromNpm {
  readonly name: string;
  readonly version: string;
  readonly manifest: object;
}

const folderOf = ({ name, version }: FromNpm): string => join(cacheFolder(name), `${version}-node${process.versions.modules}-${process.arch}`);
const npm = (): [string, string[]] => {
  const script = process.env['npm_execpath'];
  return script !== undefined && /\.c?js$/.test(script) ? [process.execPath, [script]] : ['npm', []];
};

/** Undefined when it is, or can be, installed; otherwise the reason in one sentence. */
export function whyNotFromNpm(wanted: FromNpm): string | undefined {
  if (existsSync(folderOf(wanted))) return undefined;
  const [command, args] = npm();
  return spawnSync(command, [...args, '--version']).status === 0 ? undefined : `${wanted.name} is not installed and this machine has no npm to install it`;
}

/** The folder that holds its node_modules; installs them where needed. Without install scripts: nobody here needs a compiler. */
export function installFromNpm(wanted: FromNpm, say: (line: string) => void): string {
  const { name, version, manifest } = wanted;
  const target = folderOf(wanted);
  if (existsSync(target)) return target;
  say(`${name}: npm install of ${version}`);
  return keepWhole(target, (draft) => {
    mkdirSync(draft);
    writeFileSync(join(draft, 'package.json'), JSON.stringify(manifest));
    const [command, args] = npm();
    // By --prefix: an npm that runs us hands its own project down to an npm that we run.
    const ran = spawnSync(command, [...args, 'install', '--prefix', draft, '--ignore-scripts', '--no-package-lock', '--no-audit', '--no-fund', '--loglevel=error'], { cwd: draft, encoding: 'utf8' });
    if (ran.status !== 0) throw new Error(`npm install of ${name} failed: ${ran.stderr.slice(-800)}`);
  });
}

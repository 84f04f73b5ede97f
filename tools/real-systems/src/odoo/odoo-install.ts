/**
 * Odoo 14 from Debian 11's own packages, once, in a folder of its own in the cache: Debian 12 has no Odoo. It runs there by chroot, in
 * a mount namespace that ends with its process, so nothing stays mounted behind it.
 */
import { spawnSync } from 'node:child_process';
import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { cacheFolder, keepWhole } from '@steward/servers';

const folder = (): string => join(cacheFolder('odoo'), `14-bullseye-${process.arch}`);
const has = (command: string, ...args: string[]): boolean => !spawnSync(command, args).error;

/** Undefined when Odoo is, or can be, installed; otherwise the reason in one sentence. */
export function whyNot(): string | undefined {
  if (process.getuid?.() !== 0) return 'Odoo runs in a folder of its own by chroot, which needs root';
  if (!has('unshare', '--version')) return 'this machine has no unshare to keep its mounts apart';
  if (existsSync(folder())) return undefined;
  return has('debootstrap', '--version') || has('apt-get', '--version') ? undefined : 'Odoo is not installed, and this machine has neither debootstrap nor apt-get to get it';
}

/** The folder that holds Debian 11 with Odoo; made where needed (about 4 minutes, 1.7 GB). */
export function installOdoo(say: (line: string) => void): string {
  const target = folder();
  if (existsSync(target)) return target;
  if (!has('debootstrap', '--version')) run(say, 'apt-get install debootstrap', 'apt-get', ['install', '-q', '-y', '--no-install-recommends', 'debootstrap']);
  return keepWhole(target, (draft) => {
    run(say, 'debootstrap of Debian 11', 'debootstrap', ['--variant=minbase', '--include=ca-certificates', 'bullseye', draft]);
    // No service of it is started by being installed.
    writeFileSync(join(draft, 'usr/sbin/policy-rc.d'), '#!/bin/sh\nexit 101\n', { mode: 0o755 });
    run(say, 'apt-get install odoo-14', ...inside(draft, ['sh', '-c', 'apt-get update -q && DEBIAN_FRONTEND=noninteractive apt-get install -q -y --no-install-recommends odoo-14']));
  });
}

/** A command in there; `user` is one of that system. `shared` = a folder of ours that it sees at the same place. */
export function inside(root: string, command: readonly string[], options: { readonly user?: string; readonly shared?: string } = {}): [string, string[]] {
  const { user, shared } = options;
  const share = shared === undefined ? '' : `mkdir -p "$0${shared}" && mount --bind "${shared}" "$0${shared}" && `;
  const script = `mount --bind /proc "$0/proc" && ${share}exec chroot ${user === undefined ? '' : `--userspec=${user}:${user} `}"$0" "$@"`;
  return ['unshare', ['--mount', 'sh', '-c', script, root, ...command]];
}

function run(say: (line: string) => void, what: string, command: string, args: readonly string[]): void {
  say(`odoo: ${what}`);
  const ran = spawnSync(command, args, { encoding: 'utf8', maxBuffer: 64 * 1_024 * 1_024 });
  if (ran.status !== 0) throw new Error(`${what} failed: ${(ran.stderr || ran.stdout).slice(-800)}`);
}

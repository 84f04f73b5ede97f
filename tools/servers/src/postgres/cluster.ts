import { spawnSync, type SpawnSyncReturns } from 'node:child_process';
import { randomBytes } from 'node:crypto';
import { chownSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { ServerFault } from '../fault';
import { NOBODY, userToDropTo } from './binaries';

/**
 * initdb asks for the name of its user and ends where /etc/passwd has none, as in a container that runs under just any uid. In a
 * user namespace our uid is called nobody; outside of it the files are ours as always. The server itself never asks for a name,
 * so it runs without a namespace, and signals and its pid stay what they are.
 */
const asNobody = ['unshare', '--user', `--map-user=${NOBODY.uid}`, '--'];
const isNameless = ({ stderr }: SpawnSyncReturns<string>): boolean => /could not look up effective user ID/.test(stderr);

function run([command = '', ...args]: readonly string[], cwd: string): SpawnSyncReturns<string> {
  return spawnSync(command, args, { ...userToDropTo(), cwd, env: { PATH: process.env['PATH'] ?? '/usr/bin:/bin', LC_ALL: 'C', TZ: 'UTC' }, encoding: 'utf8' });
}

function runInitdb(initdb: readonly string[], folder: string): void {
  let made = run(initdb, folder);
  if (isNameless(made)) {
    made = run([...asNobody, ...initdb], folder);
    if (made.error !== undefined || isNameless(made) || made.stderr.startsWith('unshare:')) {
      throw new ServerFault(
        'PostgreSQL makes no data folder for a user without a name, and "unshare --user" can\'t lend it one on this machine: ' +
          'add a line for this user to /etc/passwd, or run as another one (root works too)',
      );
    }
  }
  if (made.status !== 0) throw new ServerFault(`PostgreSQL can't make its data folder ${folder}: ${(made.stderr || String(made.error)).trim().split('\n').join('; ')}`);
}

/** A new cluster that has only the role postgres; asks everybody for the password, if there is one. */
export function makeCluster(initdb: string, cluster: string, { password, durable }: { password?: string; durable: boolean }): void {
  const folder = dirname(cluster);
  const user = userToDropTo();
  const draft = join(folder, 'draft'); // renamed when complete: an interrupted initdb leaves no half cluster
  rmSync(draft, { recursive: true, force: true });
  const passwordFile = join(folder, `.pw-${randomBytes(6).toString('hex')}`);
  const auth = password === undefined ? ['--auth=trust'] : ['--auth=scram-sha-256', `--pwfile=${passwordFile}`];
  try {
    if (password !== undefined) {
      writeFileSync(passwordFile, password, { mode: 0o600 });
      if (user !== undefined) chownSync(passwordFile, user.uid, user.gid);
    }
    const sync = durable ? [] : ['--no-sync'];
    runInitdb([initdb, '-D', draft, '-U', 'postgres', ...auth, ...sync, '--encoding=UTF8', '--locale=C', '--no-instructions'], folder);
    renameSync(draft, cluster);
  } finally {
    rmSync(passwordFile, { force: true });
  }
}

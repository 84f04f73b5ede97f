// The charts of the release before this one: of the last tag, and as long as there is none, of the commit before the last that
// changed any of them.
import { execFileSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { repository } from '../services/variables';

export interface Previous {
  readonly k8s: string;
  readonly revision: string;
  readonly close: () => void;
}

const git = (...args: string[]): string => execFileSync('git', args, { cwd: repository, encoding: 'utf8', stdio: ['ignore', 'pipe', 'ignore'] }).trim();

function revisionBefore(): string | undefined {
  try {
    const tag = git('tag', '--list', 'v*', '--sort=-v:refname', '--merged', 'HEAD').split('\n')[0];
    if (tag !== undefined && tag !== '') return tag;
    return git('log', '--format=%H', '-2', '--', 'k8s').split('\n')[1];
  } catch {
    return undefined; // an archive without its history
  }
}

/** Undefined where no earlier charts are known. */
export function previousCharts(): Previous | undefined {
  const revision = revisionBefore();
  if (revision === undefined) return undefined;
  const folder = mkdtempSync(join(tmpdir(), 'steward-previous-'));
  const close = (): void => rmSync(folder, { recursive: true, force: true });
  execFileSync('sh', ['-c', 'git archive "$1" k8s | tar -x -C "$2"', 'sh', revision, folder], { cwd: repository });
  if (!existsSync(join(folder, 'k8s', 'steward-service'))) {
    close();
    return undefined;
  }
  return { k8s: join(folder, 'k8s'), revision, close };
}

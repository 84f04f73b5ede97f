// The official release of nats-server, for machines without apt.
//
// NOT TRIED: no machine that this was developed on could reach the release downloads. The archive is only used when its
// checksum is the one below, as published with nats-io/nats-docker for this version.
import { execFile } from 'node:child_process';
import { createHash } from 'node:crypto';
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { promisify } from 'node:util';
import type { Fetch } from './fetch';

const version = '2.12.15';
const checksums: Readonly<Record<string, string>> = {
  'linux-amd64': '58ab8131f819263897e2fc38e503e1b755b63bcafeecc7d12582487df48ca15e',
  'linux-arm64': 'b724db99fefbf8f5c808baa82819ee50350aee9734017e4a478f7e545cef3ab6',
};

/**
 * Downloads only when STEWARD_NATS_RELEASES names the place, for instance
 * https://github.com/nats-io/nats-server/releases/download or a mirror of it: nothing is fetched from outside unasked.
 */
export async function fetchRelease(note: (line: string) => void): Promise<Fetch> {
  const releases = process.env['STEWARD_NATS_RELEASES'];
  if (!releases) return { kind: 'failed', reason: 'STEWARD_NATS_RELEASES is not set' };
  const platform = `${process.platform}-${process.arch === 'x64' ? 'amd64' : process.arch}`;
  const checksum = checksums[platform];
  if (checksum === undefined) return { kind: 'failed', reason: `no pinned release of nats-server for ${platform}` };
  const name = `nats-server-v${version}-${platform}`;
  const address = `${releases.replace(/\/+$/, '')}/v${version}/${name}.tar.gz`;
  const folder = mkdtempSync(join(tmpdir(), 'steward-nats-'));
  const cleanUp = (): void => rmSync(folder, { recursive: true, force: true });
  try {
    note(`fetching nats-server ${version} from ${address}`);
    const answer = await fetch(address, { signal: AbortSignal.timeout(120_000) });
    if (!answer.ok) throw new Error(`HTTP ${answer.status}`);
    const archive = Buffer.from(await answer.arrayBuffer());
    const found = createHash('sha256').update(archive).digest('hex');
    if (found !== checksum) throw new Error(`its checksum is ${found}, pinned is ${checksum}`);
    const file = join(folder, 'release.tar.gz');
    writeFileSync(file, archive);
    await promisify(execFile)('tar', ['-xzf', file, '-C', folder]);
    return { kind: 'fetched', path: join(folder, name, 'nats-server'), root: folder, cleanUp };
  } catch (fault) {
    cleanUp();
    return { kind: 'failed', reason: `${address}: ${(fault as Error).message}` };
  }
}

// Where nats-server comes from, first found wins: NATS_SERVER_BIN, PATH, our cache, Debian's mirror, official release.
import { spawnSync } from 'node:child_process';
import { accessSync, constants, existsSync, readdirSync } from 'node:fs';
import { delimiter, isAbsolute, join } from 'node:path';
import { cacheFolder, keepProgram } from '../cache';
import { type DebianProgram, fetchFromDebian } from '../debian';
import { ServerFault } from '../fault';
import type { Fetch } from './fetch';
import { fetchRelease } from './release.client';

/** Older servers miss consumer features that the event bus needs; from 2.12 on it uses more of them. */
const NATS_FLOOR = [2, 10] as const;

/** Newest first: forky and sid carry 2.15, trixie 2.10. */
const inDebian: DebianProgram = { package: 'nats-server', paths: ['usr/sbin/nats-server', 'usr/bin/nats-server'], suites: ['forky', 'sid', 'trixie'] };

export interface NatsBinary {
  path: string;
  version: string;
  /** Where it was found, for people. */
  origin: string;
}

type Version = readonly [number, number, number];

const parse = (text: string): Version | undefined => {
  const found = /v?(\d+)\.(\d+)\.(\d+)/.exec(text);
  return found === null ? undefined : [Number(found[1]), Number(found[2]), Number(found[3])];
};

const enough = (version: Version): boolean => version[0] > NATS_FLOOR[0] || (version[0] === NATS_FLOOR[0] && version[1] >= NATS_FLOOR[1]);

type Probe = { kind: 'good'; binary: NatsBinary } | { kind: 'bad'; reason: string };

function probe(path: string, origin: string): Probe {
  try {
    accessSync(path, constants.X_OK);
  } catch {
    return { kind: 'bad', reason: `${path} is not an executable file` };
  }
  const answer = spawnSync(path, ['--version'], { encoding: 'utf8', timeout: 10_000 });
  const version = parse(answer.stdout ?? '');
  if (version === undefined) return { kind: 'bad', reason: `${path} does not answer --version` };
  if (!enough(version)) return { kind: 'bad', reason: `${path} is version ${version.join('.')}, at least ${NATS_FLOOR.join('.')} is needed` };
  return { kind: 'good', binary: { path, version: version.join('.'), origin } };
}

function onPath(): string | undefined {
  return (process.env['PATH'] ?? '')
    .split(delimiter)
    .filter(isAbsolute)
    .map((folder) => join(folder, 'nats-server'))
    .find((file) => existsSync(file));
}

function cached(): NatsBinary | undefined {
  const folder = cacheFolder('nats-server');
  const newestFirst = readdirSync(folder)
    .map((name) => ({ name, version: parse(name) }))
    .filter((entry): entry is { name: string; version: Version } => entry.version !== undefined && !entry.name.startsWith('draft'))
    .sort((a, b) => b.version[0] - a.version[0] || b.version[1] - a.version[1] || b.version[2] - a.version[2]);
  for (const { name } of newestFirst) {
    const found = probe(join(folder, name), 'cache');
    if (found.kind === 'good') return found.binary;
  }
  return undefined;
}

/** Keeps what a source fetched under its version and hands it out from there. */
const keep = (fetched: NatsBinary): NatsBinary => ({ ...fetched, path: keepProgram(join(cacheFolder('nats-server'), `nats-server-${fetched.version}`), fetched.path) });

/** Finds a nats-server or fetches one; `note` hears what takes time or was passed over. */
export async function resolveNats(note: (line: string) => void = () => undefined): Promise<NatsBinary> {
  const reasons: string[] = [];
  const chosen = process.env['NATS_SERVER_BIN'];
  if (chosen) {
    const found = probe(chosen, 'NATS_SERVER_BIN');
    if (found.kind === 'bad') throw new ServerFault(`NATS_SERVER_BIN: ${found.reason}`);
    return found.binary;
  }
  const there = onPath();
  if (there !== undefined) {
    const found = probe(there, 'PATH');
    if (found.kind === 'good') return found.binary;
    reasons.push(found.reason);
  }
  const known = cached();
  if (known !== undefined) return known;
  const sources: [string, () => Promise<Fetch>][] = [
    ['Debian’s mirror', () => fetchFromDebian(inDebian, note)],
    ['the official release', () => fetchRelease(note)],
  ];
  for (const [origin, fetchIt] of sources) {
    const fetched = await fetchIt();
    if (fetched.kind === 'failed') {
      reasons.push(fetched.reason);
      continue;
    }
    try {
      const found = probe(fetched.path, origin);
      if (found.kind === 'good') return keep(found.binary);
      reasons.push(found.reason);
    } finally {
      fetched.cleanUp();
    }
  }
  throw new ServerFault(
    `no nats-server found (${reasons.join('; ')}): install nats-server ${NATS_FLOOR.join('.')} or newer on PATH, name one in NATS_SERVER_BIN, ` +
      'or set STEWARD_NATS_RELEASES to the address of its release downloads',
  );
}

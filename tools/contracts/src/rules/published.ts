import { existsSync, mkdirSync, readdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isDeepStrictEqual } from 'node:util';
import { join } from 'node:path';
import type { Fault } from '../fault';
import type { ContractFile, ContractSource, Schema, Version } from '../model';
import { rewrite } from '../shapes';
import { unreadable } from './compatibility';
import { lintKeywords } from './keywords';

const FOLDER = 'contracts/published';

/** What was promised to others: everything of a contract that they can see on the wire. */
interface Release {
  readonly release: number;
  readonly kind: ContractFile['kind'];
  readonly key: ContractFile['key'];
  readonly systems: readonly string[];
  readonly schema: Schema;
}

export interface Published {
  readonly entity: string;
  readonly major: number;
  readonly file: string;
  readonly content: Release;
}

/** Compares every contract with everything of the same major that was ever published. */
export function checkPublished(root: string, sources: readonly ContractSource[]): readonly Fault[] {
  const { published, faults } = readPublished(root);
  const found = published.flatMap((release) => {
    if (!existsSync(join(root, 'contracts', release.entity, `v${release.major}.schema.json`))) return [gone(release)];
    const source = sources.find(({ folder }) => folder === `contracts/${release.entity}`);
    const version = source?.versions.find(({ major }) => major === release.major);
    // What can't be read has been said already; comparing it would only say that everything is gone.
    return source === undefined || version === undefined || !isReadable(version) ? [] : breaksOf(source, version, release);
  });
  const unpublished = sources.flatMap((source) =>
    source.versions.flatMap((version): Fault[] => {
      if (!isReadable(version) || isPublished(source, version, published)) return [];
      // A break is not mended by publishing it.
      if (found.some((fault) => fault.file.startsWith(`${source.folder}/`))) return [];
      return [{ code: 'CONTRACT_UNPUBLISHED', file: version.file, pointer: '', message: 'a compatible change, or a new version, is not published yet', accepted: `"npm run contracts -- publish" and a commit of ${FOLDER}/${source.contract.entity}` }];
    }),
  );
  return [...faults, ...dedupe(found), ...unpublished];
}

/** Writes the next release of each major that differs from its last one; refuses nothing, so check first. */
export function publish(root: string, sources: readonly ContractSource[]): readonly string[] {
  const { published } = readPublished(root);
  return sources.flatMap((source) =>
    source.versions.flatMap((version) => {
      if (isPublished(source, version, published)) return [];
      const folder = `${FOLDER}/${source.contract.entity}/v${version.major}`;
      const release = 1 + Math.max(0, ...of(published, source, version).map(({ content }) => content.release));
      const file = `${folder}/${release}.json`;
      mkdirSync(join(root, folder), { recursive: true });
      writeFileSync(join(root, file), `${JSON.stringify({ release, ...visible(source, version) }, undefined, 2)}\n`);
      return [file];
    }),
  );
}

/** The last published release of a major, 0 = none. */
export type Releases = (entity: string, major: number) => number;

export function releasesIn(root: string): Releases {
  const { published } = readPublished(root);
  return (entity, major) => Math.max(0, ...published.filter((each) => each.entity === entity && each.major === major).map(({ content }) => content.release));
}

function breaksOf(source: ContractSource, version: Version, release: Published): readonly Fault[] {
  const { contract } = source;
  const hits = contract.consumers.map(({ service, builds }) => `${service} (${builds})`).join(', ') || 'no declared consumer';
  const effect = `breaks ${hits}; owner ${contract.owner.team}, ${contract.owner.contact}`;
  const say = (file: string, pointer: string, message: string, accepted: string): Fault => ({ code: 'CONTRACT_BREAKING', file, pointer, message: `${message}: ${effect}`, accepted: `${accepted}, or a new major` });
  const name = `published release ${release.content.release}`;
  const before = { root: release.content.schema, name };
  const now = { root: version.schema, name: 'this version' };
  const faults = [...unreadable(now, before), ...unreadable(before, now)].map(({ rule, pointer, message, accepted }) => say(version.file, pointer, `rule "${rule}": ${message}`, accepted));
  if (contract.kind !== release.content.kind) faults.push(say(source.file, '/kind', `the kind was ${release.content.kind} in ${name}`, release.content.kind));
  if (!isDeepStrictEqual(keyOf(contract.key), keyOf(release.content.key))) faults.push(say(source.file, '/key', `the key was built from ${release.content.key.from.join(', ')} in ${name}`, JSON.stringify(release.content.key)));
  for (const system of release.content.systems) {
    if (!contract.systems.includes(system)) faults.push(say(source.file, '/systems', `${system} announced it in ${name}`, release.content.systems.join(', ')));
  }
  return faults;
}

const keyOf = (key: ContractFile['key']): object => ({ from: key.from, separator: key.separator ?? '' });

const isReadable = (version: Version): boolean => lintKeywords(version.file, version.schema).length === 0;

function gone({ entity, major }: Published): Fault {
  return {
    code: 'CONTRACT_BREAKING',
    file: `contracts/${entity}/v${major}.schema.json`,
    pointer: '',
    message: `v${major} was published and is gone`,
    accepted: `contracts/${entity}/v${major}.schema.json with status deprecated; when nobody uses it any more, remove ${FOLDER}/${entity}/v${major} with it`,
  };
}

function isPublished(source: ContractSource, version: Version, published: readonly Published[]): boolean {
  const releases = of(published, source, version).sort((a, b) => b.content.release - a.content.release);
  const last = releases[0]?.content;
  if (last === undefined) return false;
  const { release: _number, ...content } = last;
  return isDeepStrictEqual(JSON.parse(JSON.stringify(visible(source, version))), content);
}

function of(published: readonly Published[], source: ContractSource, version: Version): Published[] {
  return published.filter(({ entity, major }) => entity === source.contract.entity && major === version.major);
}

/** Words for readers may change without a release. */
function visible({ contract }: ContractSource, { schema }: Version): Omit<Release, 'release'> {
  return { kind: contract.kind, key: contract.key, systems: contract.systems, schema: bareSchema(schema) };
}

export function bareSchema(schema: Schema): Schema {
  return rewrite(schema, (node) => {
    const { description: _description, $comment: _comment, ...rest } = node;
    return rest;
  });
}

export function readPublished(root: string): { readonly published: readonly Published[]; readonly faults: readonly Fault[] } {
  const faults: Fault[] = [];
  const names = (folder: string): string[] => (existsSync(join(root, folder)) ? readdirSync(join(root, folder)).sort() : []);
  const published = names(FOLDER).flatMap((entity) =>
    names(`${FOLDER}/${entity}`).flatMap((major) =>
      names(`${FOLDER}/${entity}/${major}`).flatMap((name): Published[] => {
        const file = `${FOLDER}/${entity}/${major}/${name}`;
        try {
          return [{ entity, major: Number(major.slice(1)), file, content: JSON.parse(readFileSync(join(root, file), 'utf8')) as Release }];
        } catch (error) {
          faults.push({ code: 'CONTRACT_UNREADABLE', file, pointer: '', message: (error as Error).message, accepted: 'the file as it was published' });
          return [];
        }
      }),
    ),
  );
  return { published, faults };
}

/** The same break against five releases is one thing to repair: the first one is named. */
function dedupe(faults: readonly Fault[]): readonly Fault[] {
  const seen = new Set<string>();
  return faults.filter(({ file, pointer, message }) => {
    const id = `${file}#${pointer} ${message.replaceAll(/published release \d+/g, '')}`;
    return !seen.has(id) && seen.add(id);
  });
}

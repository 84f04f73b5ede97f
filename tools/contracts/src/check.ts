import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { type Fault, toPointer } from './fault';
import { loadContracts } from './load';
import { type ContractSource, messagesOf, type Schema } from './model';
import { ASYNCAPI, renderAsyncApi } from './output/asyncapi';
import { pageOf, renderContract } from './output/contract-page';
import { PAGE, renderPage } from './output/page';
import { loadRunbooks } from './runbooks';
import { lintContract } from './rules/lint';
import { checkPublished, releasesIn } from './rules/published';

export interface Checked {
  readonly sources: readonly ContractSource[];
  readonly faults: readonly Fault[];
}

/** What makes a build impossible or wrong: files, owners, runbooks, schemas, examples, breaks. All faults of one run. */
export function lint(root: string): Checked {
  const { sources, faults } = loadContracts(root);
  const found = [...faults, ...sources.flatMap((source) => lintContract(root, source)), ...durableClashes(messagesOf(sources)), ...titleClashes(sources), ...loadRunbooks(root).faults];
  return { sources, faults: [...found, ...checkPublished(root, sources)] };
}

/** What is generated from the contracts, committed for readers, and checked to be current: path and text. */
export function documents(root: string, sources: readonly ContractSource[]): readonly (readonly [string, string])[] {
  const releases = releasesIn(root);
  return [
    [PAGE, renderPage(sources)],
    ...sources.map((source) => [pageOf(source.contract.entity), renderContract(source, releases)] as const),
    [ASYNCAPI, renderAsyncApi(messagesOf(sources))],
  ];
}

/** Pages of contracts that are no more. */
export function orphans(root: string, sources: readonly ContractSource[]): readonly string[] {
  const folder = dirname(pageOf(''));
  const known = new Set(sources.map(({ contract }) => pageOf(contract.entity)));
  return existsSync(join(root, folder)) ? readdirSync(join(root, folder)).map((name) => `${folder}/${name}`).filter((file) => !known.has(file)) : [];
}

/** Everything `lint` says, and whether the committed documents are current. */
export function check(root: string): Checked {
  const { sources, faults } = lint(root);
  if (faults.length > 0) return { sources, faults };
  const stale = (file: string, message: string): Fault => ({ code: 'CONTRACT_DOCS_STALE', file, pointer: '', message, accepted: '"npm run contracts -- docs" and a commit of the file' });
  const changed = documents(root, sources).flatMap(([file, text]): Fault[] => {
    const path = join(root, file);
    const current = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
    return current === text ? [] : [stale(file, current === undefined ? 'the file is missing' : 'the file is not what contracts/ says now')];
  });
  return { sources, faults: [...changed, ...orphans(root, sources).map((file) => stale(file, 'no contract has this page'))] };
}

/** One durable per service and purpose (B7, C7): the same name can't be a projection here and a reaction there. */
function durableClashes(sources: readonly ContractSource[]): readonly Fault[] {
  const purposes = new Map<string, { readonly purpose: string; readonly file: string }>();
  return sources.flatMap(({ file, contract }) =>
    contract.consumers.flatMap(({ service, builds, purpose }, index): Fault[] => {
      const name = `${service}-${builds}`;
      const known = purposes.get(name);
      if (known === undefined) purposes.set(name, { purpose, file });
      if (known === undefined || known.purpose === purpose) return [];
      return [{ code: 'CONTRACT_INVALID', file, pointer: `/consumers/${index}/purpose`, message: `${name} is a ${known.purpose} in ${known.file}`, accepted: `${known.purpose}, or another name in "builds"` }];
    }),
  );
}

/** A title names a generated type, and all types lie in one file: of two with the same name TypeScript would silently make one. */
function titleClashes(sources: readonly ContractSource[]): readonly Fault[] {
  const known = new Map<string, string>();
  return sources.flatMap(({ versions, contract }) =>
    versions.flatMap(({ file, schema }) =>
      [...titles(schema, '')].flatMap(([pointer, title]): Fault[] => {
        const owner = known.get(title) ?? contract.entity;
        known.set(title, owner);
        if (owner === contract.entity) return [];
        return [{ code: 'CONTRACT_SCHEMA_INVALID', file, pointer: `${pointer}/title`, message: `"${title}" is a type of ${owner} already`, accepted: 'a title that no other contract has' }];
      }),
    ),
  );
}

function* titles(node: Schema, pointer: string): Generator<readonly [string, string]> {
  if (node.title !== undefined) yield [pointer, node.title];
  for (const holder of ['$defs', 'properties'] as const) {
    for (const [name, inner] of Object.entries(node[holder] ?? {})) yield* titles(inner, pointer + toPointer(holder, name));
  }
  for (const holder of ['items', 'additionalProperties'] as const) {
    const inner = node[holder];
    if (inner) yield* titles(inner, `${pointer}/${holder}`);
  }
}

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import type { Fault } from './fault';
import { loadContracts } from './load';
import type { ContractSource } from './model';
import { PAGE, renderPage } from './output/page';
import { lintContract } from './rules/lint';
import { checkPublished } from './rules/published';

export interface Checked {
  readonly sources: readonly ContractSource[];
  readonly faults: readonly Fault[];
}

/** What makes a build impossible or wrong: files, owners, runbooks, schemas, examples, breaks. All faults of one run. */
export function lint(root: string): Checked {
  const { sources, faults } = loadContracts(root);
  const found = [...faults, ...sources.flatMap((source) => lintContract(root, source)), ...durableClashes(sources)];
  return { sources, faults: [...found, ...checkPublished(root, sources)] };
}

/** Everything `lint` says, and whether the committed page is current. */
export function check(root: string): Checked {
  const { sources, faults } = lint(root);
  const path = join(root, PAGE);
  const current = existsSync(path) ? readFileSync(path, 'utf8') : undefined;
  if (faults.length > 0 || current === renderPage(sources)) return { sources, faults };
  return { sources, faults: [{ code: 'CONTRACT_DOCS_STALE', file: PAGE, pointer: '', message: current === undefined ? 'the page is missing' : 'the page is not what contracts/ says now', accepted: '"npm run contracts -- docs" and a commit of the page' }] };
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

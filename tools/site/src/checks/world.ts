import { existsSync, globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import { commands } from '@steward/cli';
import { errorTable } from '@steward/platform';
import type { OpenApi } from '../reference/openapi';
import type { World } from './faults';

const isOurs = (path: string): boolean => !/(?:^|\/)(?:node_modules|dist)\//.test(path);

/** What there is for the documentation to name: read once, judged by `faultsIn`. Pages that are made for the site have to be there already. */
export function worldOf(repository: string, apis: readonly OpenApi[]): World {
  const read = (file: string): string => readFileSync(join(repository, file), 'utf8');
  const keys = (file: string, of: string): ReadonlySet<string> => new Set(Object.keys((JSON.parse(read(file)) as Record<string, object>)[of] ?? {}));
  const files = (patterns: readonly string[]): readonly string[] => globSync([...patterns], { cwd: repository, exclude: ['**/node_modules', '**/dist'] }).filter(isOurs).toSorted();
  const sources = files(['{apps,libs,tools,bench}/**/*.{ts,cjs}', 'k8s/**/*.{yaml,json,tpl}', 'docker/**/*.{yaml,yml,conf}', 'contracts/**/*.json']).filter((path) => !path.endsWith('.spec.ts'));
  return {
    // Not those that are made from the code: they can name nothing else.
    texts: files(['*.md', 'docs/*.md', 'docs/{adr,contracts,how-to,runbooks}/*.md', '{apps,libs,tools}/*/*.md', 'bench/*.md']).map((file) => ({ file, text: read(file) })),
    exists: (path) => existsSync(join(repository, path)),
    words: new Set(sources.flatMap((path) => read(path).match(/\w+/g) ?? [])),
    codePrefixes: new Set(Object.keys(errorTable).map((code) => code.split('_')[0] ?? '')),
    commands,
    scripts: keys('package.json', 'scripts'),
    generators: keys('tools/generators/generators.json', 'generators'),
    addresses: apis.flatMap(({ paths }) => Object.entries(paths).flatMap(([path, methods]) => Object.keys(methods).map((method) => `${method.toUpperCase()} ${posix.normalize(path)}`))),
  };
}

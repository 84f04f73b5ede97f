import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import standaloneCode from 'ajv/dist/standalone';
import { compile, type JSONSchema } from 'json-schema-to-typescript';
import { createAjv } from '../ajv';
import { type ContractSource, messagesOf, newestActive, resolve, type Schema, takenFrom, toMs, type Version } from '../model';
import { closed, open, places, typed } from '../shapes';
import { loadRunbooks, renderRunbooks } from '../runbooks';
import { durablesOf, streamsOf } from './topology';

const BANNER = '/* eslint-disable */\n// Generated from contracts/ by tools/contracts: do not edit.\n';
const OUTPUT = 'libs/contracts/src/generated';

/** Writes libs/contracts/src/generated/* and names it; expects contracts that passed the lint. */
export async function generate(root: string, sources: readonly ContractSource[]): Promise<readonly string[]> {
  const files: Record<string, string> = {
    'types.ts': await types(sources),
    'validators.ts': validators(sources),
    'catalogue.ts': catalogue(sources),
    'topology.ts': topology(messagesOf(sources)),
    'runbooks.ts': renderRunbooks(loadRunbooks(root).runbooks),
  };
  mkdirSync(join(root, OUTPUT), { recursive: true });
  return Object.entries(files).map(([name, text]) => {
    const path = join(root, OUTPUT, name);
    // An untouched file keeps its time and spares everything that depends on it a rebuild.
    if (!existsSync(path) || readFileSync(path, 'utf8') !== BANNER + text) writeFileSync(path, BANNER + text);
    return `${OUTPUT}/${name}`;
  });
}

const pascal = (text: string): string => text.split('-').map((part) => part.charAt(0).toUpperCase() + part.slice(1)).join('');
const camel = (text: string): string => pascal(text).replace(/^./, (first) => first.toLowerCase());

/** The constant's name; `case` alone would be a word of the language. */
const constantOf = (type: string): string => (type === 'Case' ? 'caseContract' : camel(type));

/** The newest active major has the plain name, older ones carry their number: Product, ProductV1. */
function nameOf(source: ContractSource, version: Version): string {
  return pascal(source.contract.entity) + (newestActive(source)?.major === version.major ? '' : `V${version.major}`);
}

async function types(sources: readonly ContractSource[]): Promise<string> {
  const parts: string[] = [];
  for (const source of sources) {
    for (const version of source.versions) {
      const name = nameOf(source, version);
      // Inner types are exported as well: a second major needs other names for them.
      const suffix = name === pascal(source.contract.entity) ? '' : `V${version.major}`;
      const shape = { ...typed(version.schema), title: name };
      const schema = suffix === '' ? shape : renameTitles(shape, suffix);
      // A tuple for "at least one" would fit nothing that map or filter returns; the validator counts.
      parts.push(await compile(schema as JSONSchema, name, { bannerComment: '', additionalProperties: false, format: false, ignoreMinAndMaxItems: true }));
    }
  }
  return parts.join('\n');
}

function renameTitles(schema: Schema, suffix: string): Schema {
  const $defs = Object.fromEntries(Object.entries(schema.$defs ?? {}).map(([name, node]) => [name, node.title === undefined ? node : { ...node, title: node.title + suffix }]));
  return { ...schema, $defs };
}

function validators(sources: readonly ContractSource[]): string {
  const ajv = createAjv({ code: { source: true, esm: true, lines: true } });
  const names: Record<string, string> = {};
  for (const source of sources) {
    for (const version of source.versions) {
      const suffix = `${pascal(source.contract.entity)}V${version.major}`;
      for (const [name, schema] of [[`produce${suffix}`, closed(version.schema)], [`consume${suffix}`, open(version.schema)]] as const) {
        ajv.addSchema({ ...schema, $id: name });
        names[name] = name;
      }
    }
  }
  // ajv emits plain JavaScript; as a .ts file it is compiled and found the same way from src and from dist.
  return `// @ts-nocheck\n${standaloneCode(ajv, names)}\n`;
}

function catalogue(sources: readonly ContractSource[]): string {
  const typeNames: string[] = [];
  const constants: string[] = [];
  const names: string[] = [];
  for (const source of sources) {
    for (const version of source.versions) {
      const type = nameOf(source, version);
      const suffix = `${pascal(source.contract.entity)}V${version.major}`;
      typeNames.push(type);
      if (source.contract.kind === 'claims') {
        const claims = JSON.stringify({ name: source.contract.entity, major: version.major });
        constants.push(`export const ${constantOf(type)}: Claims<${type}> = defineClaims<${type}>(${claims}, validators.produce${suffix}, validators.consume${suffix});`);
        continue;
      }
      names.push(constantOf(type));
      const data = JSON.stringify(dataOf(source, version), undefined, 2);
      constants.push(`export const ${constantOf(type)}: Contract<${type}> = defineContract<${type}>(${data}, validators.produce${suffix}, validators.consume${suffix});`);
    }
  }
  return [
    `import { type Claims, defineClaims } from '../claims';`,
    `import { type Contract, defineContract } from '../contract';`,
    `import type { ${typeNames.join(', ')} } from './types';`,
    `import * as validators from './validators';`,
    '',
    ...constants,
    `export const contracts: readonly Contract[] = [${names.join(', ')}];`,
    '',
  ].join('\n');
}

function dataOf({ contract }: ContractSource, { major, schema }: Version): object {
  const found = [...places(schema, (node) => resolve(node, schema))];
  return {
    entity: contract.entity,
    kind: contract.kind,
    major,
    summary: contract.summary,
    told: contract.told ?? false,
    fourEyes: contract.fourEyes ?? false,
    systems: contract.systems,
    owner: contract.owner,
    key: { from: contract.key.from, separator: contract.key.separator ?? '' },
    consumers: contract.consumers.map((consumer) => ({ ...consumer, from: takenFrom(contract, consumer) })),
    freshness: Object.fromEntries(
      Object.entries(contract.freshness).map(([name, { target, staleAfter }]) => [name, { targetMs: toMs(target), staleAfterMs: toMs(staleAfter) }]),
    ),
    fieldFreshness: Object.fromEntries(
      Object.entries(schema.properties ?? {}).flatMap(([name, node]) => {
        const named = node['x-freshness'] ?? schema['x-freshness'];
        return named === undefined ? [] : [[name, named]];
      }),
    ),
    deadLetter: { respondWithinMs: toMs(contract.deadLetter.respondWithin) },
    // Events are never taken back, so nothing of them may be deleted.
    guard: { delete: { max: 0, ratio: 0 }, changes: [], ...contract.guard },
    reconciliation:
      contract.reconciliation === undefined
        ? null
        : { cadenceMs: toMs(contract.reconciliation.cadence), settleMs: toMs(contract.reconciliation.settle), repair: contract.reconciliation.repair },
    tombstoneRetentionMs: contract.retention.tombstones === undefined ? 0 : toMs(contract.retention.tombstones),
    piiPaths: found.filter(({ node }) => node['x-pii'] === true).map(({ path }) => path.map((token) => `/${token}`).join('')),
    openEnums: found
      .filter(({ node }) => node['x-enum'] === 'open')
      .map(({ path, node }) => ({ path, values: node.enum, fallback: node['default'] })),
    dataSchema: schema.$id,
  };
}

function topology(sources: readonly ContractSource[]): string {
  return [
    `import type { DurableDeclaration, StreamDeclaration } from '../topology';`,
    '',
    `export const streams: readonly StreamDeclaration[] = ${JSON.stringify(streamsOf(sources), undefined, 2)};`,
    `export const durables: readonly DurableDeclaration[] = ${JSON.stringify(durablesOf(sources), undefined, 2)};`,
    '',
  ].join('\n');
}

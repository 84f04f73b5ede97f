import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import addFormats from 'ajv-formats';
import Ajv2020, { type ValidateFunction } from 'ajv/dist/2020';
import { parseDocument } from 'yaml';
import { explain, type Fault } from './fault';
import { type ContractFile, type ContractSource, type Schema, undelivered } from './model';

interface Loaded {
  readonly sources: readonly ContractSource[];
  readonly faults: readonly Fault[];
}

/** Reads every folder of contracts/; a folder that can't be read is a fault, the others go on. */
export function loadContracts(root: string): Loaded {
  const faults: Fault[] = [];
  const folder = join(root, 'contracts');
  if (!existsSync(folder)) {
    return { sources: [], faults: [{ code: 'CONTRACT_UNREADABLE', file: 'contracts', pointer: '', message: 'the folder is missing', accepted: 'a folder per entity with contract.yaml, v1.schema.json and examples/*.json' }] };
  }
  const isContract = metaSchema(root, faults);
  const sources = readdirSync(folder, { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entry.name !== 'published')
    .map((entry) => entry.name)
    .sort()
    .flatMap((entity) => readSource(root, entity, isContract, faults));
  return { sources, faults };
}

function metaSchema(root: string, faults: Fault[]): ValidateFunction | undefined {
  const schema = readJson(root, 'contracts/contract.schema.json', faults);
  if (schema === undefined) return undefined;
  const ajv = new Ajv2020({ allErrors: true, verbose: true, strict: false });
  addFormats(ajv);
  return ajv.compile(schema);
}

function readSource(root: string, entity: string, isContract: ValidateFunction | undefined, faults: Fault[]): ContractSource[] {
  const folder = `contracts/${entity}`;
  const file = `${folder}/contract.yaml`;
  const contract = readYaml(root, file, faults);
  const versions = namesIn(root, folder, /^v[1-9][0-9]*\.schema\.json$/).flatMap((name) => {
    const schema = readJson(root, `${folder}/${name}`, faults);
    return schema === undefined ? [] : [{ major: Number.parseInt(name.slice(1), 10), file: `${folder}/${name}`, schema: schema as Schema }];
  });
  const examples = namesIn(root, `${folder}/examples`, /\.json$/).flatMap((name) => {
    const data = readJson(root, `${folder}/examples/${name}`, faults);
    return data === undefined ? [] : [{ file: `${folder}/examples/${name}`, data }];
  });
  if (contract === undefined || isContract === undefined) return [];
  if (!isContract(contract)) {
    for (const error of isContract.errors ?? []) {
      // `if` and `oneOf` only repeat what their branches have said.
      if (error.keyword === 'if' || error.keyword === 'oneOf') continue;
      const fault = explain(error);
      const missing = error.keyword === 'required';
      faults.push({ code: missing ? 'CONTRACT_INCOMPLETE' : 'CONTRACT_INVALID', file, ...fault });
    }
    return [];
  }
  return [{ folder, file, contract: { ...((contract as ContractFile).kind === 'claims' ? undelivered : {}), ...(contract as ContractFile) }, versions, examples }];
}

function namesIn(root: string, folder: string, pattern: RegExp): string[] {
  const path = join(root, folder);
  return existsSync(path) ? readdirSync(path).filter((name) => pattern.test(name)).sort() : [];
}

function readYaml(root: string, file: string, faults: Fault[]): unknown {
  if (!existsSync(join(root, file))) {
    faults.push({ code: 'CONTRACT_INCOMPLETE', file, pointer: '', message: 'the file is missing', accepted: 'contract.yaml as described by contracts/contract.schema.json' });
    return undefined;
  }
  const document = parseDocument(readFileSync(join(root, file), 'utf8'));
  for (const error of document.errors) {
    faults.push({ code: 'CONTRACT_UNREADABLE', file, pointer: '', message: error.message.split('\n')[0] ?? error.code, accepted: 'YAML 1.2 without duplicate keys' });
  }
  return document.errors.length > 0 ? undefined : (document.toJS() as unknown);
}

function readJson(root: string, file: string, faults: Fault[]): object | undefined {
  try {
    const value = JSON.parse(readFileSync(join(root, file), 'utf8')) as unknown;
    if (typeof value === 'object' && value !== null && !Array.isArray(value)) return value;
    faults.push({ code: 'CONTRACT_UNREADABLE', file, pointer: '', message: 'is not a JSON object', accepted: 'a JSON object' });
  } catch (error) {
    faults.push({ code: 'CONTRACT_UNREADABLE', file, pointer: '', message: (error as Error).message, accepted: 'valid JSON' });
  }
  return undefined;
}

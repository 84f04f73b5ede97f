import { existsSync } from 'node:fs';
import { basename, join } from 'node:path';
import { createAjv } from '../ajv';
import { explain, type Fault, toPointer } from '../fault';
import { type ContractSource, isStruct, newestActive, resolve, type Schema, typesOf, type Version } from '../model';
import { closed, open } from '../shapes';
import { keywords, lintKeywords } from './keywords';

/** What one contract says against itself; `root` is needed for the runbook's file. */
export function lintContract(root: string, source: ContractSource): readonly Fault[] {
  return [...lintFile(root, source), ...source.versions.flatMap((version) => lintVersion(source, version)), ...lintExamples(source)];
}

function lintFile(root: string, { folder, file, contract, versions }: ContractSource): readonly Fault[] {
  const faults: Fault[] = [];
  const entity = basename(folder);
  if (contract.entity !== entity) faults.push({ code: 'CONTRACT_INVALID', file, pointer: '/entity', message: `"${contract.entity}" lies in the folder "${entity}"`, accepted: entity });
  if (!existsSync(join(root, contract.owner.runbook))) {
    faults.push({ code: 'CONTRACT_RUNBOOK_MISSING', file, pointer: '/owner/runbook', message: `${contract.owner.runbook} does not exist`, accepted: 'the path of a runbook in docs/runbooks/' });
  }
  const declared = contract.versions.map((version) => version.major);
  contract.versions.forEach(({ major }, index) => {
    if (declared.indexOf(major) !== index) faults.push({ code: 'CONTRACT_INVALID', file, pointer: toPointer('versions', index), message: `major ${major} is declared twice`, accepted: 'each major once' });
    if (!versions.some((version) => version.major === major)) {
      faults.push({ code: 'CONTRACT_INCOMPLETE', file, pointer: toPointer('versions', index), message: `${folder}/v${major}.schema.json is missing`, accepted: 'a schema file per declared major' });
    }
  });
  for (const version of versions) {
    if (!declared.includes(version.major)) faults.push({ code: 'CONTRACT_INVALID', file: version.file, pointer: '', message: `major ${version.major} is not declared in contract.yaml`, accepted: `versions ${declared.join(', ')}` });
  }
  if (!contract.versions.some((version) => version.status === 'active')) {
    faults.push({ code: 'CONTRACT_INVALID', file, pointer: '/versions', message: 'no major is active', accepted: 'at least one with status active' });
  }
  if (contract.key.from.length > 1 && contract.key.separator === undefined) {
    faults.push({ code: 'CONTRACT_INCOMPLETE', file, pointer: '/key', message: '"separator" is missing', accepted: 'one character that joins the parts of the key' });
  }
  contract.consumers.forEach(({ from = [] }, index) => {
    for (const system of from) {
      if (!contract.systems.includes(system)) faults.push({ code: 'CONTRACT_INVALID', file, pointer: toPointer('consumers', index, 'from'), message: `${system} is not a system of the contract`, accepted: contract.systems.join(', ') });
    }
  });
  return faults;
}

function lintVersion(source: ContractSource, { file, schema }: Version): readonly Fault[] {
  const faults = [...lintKeywords(file, schema)];
  // The rest reads the schema by its words; while they are wrong it would only repeat that.
  if (faults.length > 0) return faults;
  const say = (pointer: string, message: string, accepted: string): void => void faults.push({ code: 'CONTRACT_SCHEMA_INVALID', file, pointer, message, accepted });
  if (!isStruct(schema) || schema.type !== 'object') say('', 'the payload is not a struct', '"type": "object" with properties');
  if (schema.title === undefined || schema.$id === undefined) say('', '"title" or "$id" is missing', 'title = the type’s name, $id = the value of ce-dataschema');
  lintMarks(source, schema, say);
  lintTriState(source, schema, say);
  lintKey(source, schema, say);
  lintGuard(source, schema, say);
  for (const shape of [closed(schema), open(schema)]) {
    try {
      createAjv({ code: { optimize: false } }).compile({ ...shape, $id: 'schema' });
    } catch (error) {
      say('', (error as Error).message, 'JSON Schema 2020-12 in ajv’s strict mode');
      break;
    }
  }
  return faults;
}

type Say = (pointer: string, message: string, accepted: string) => void;

/** x-authority, x-audience and x-freshness hold for every field: its own, or the one of the whole payload. */
function lintMarks({ contract }: ContractSource, schema: Schema, say: Say): void {
  const classes = Object.keys(contract.freshness);
  const accepted: Readonly<Record<string, string>> = {
    'x-authority': contract.systems.join(', '),
    'x-audience': keywords['x-audience']?.accepts ?? '',
    ...(contract.kind === 'state' ? { 'x-freshness': classes.join(', ') } : {}),
  };
  for (const [name, property] of Object.entries(schema.properties ?? {})) {
    for (const [mark, values] of Object.entries(accepted)) {
      if (property[mark] === undefined && schema[mark] === undefined) say(toPointer('properties', name), `"${mark}" is missing here and at the top`, values);
    }
  }
  const visit = (node: Schema, pointer: string): void => {
    const authorities = [node['x-authority'] ?? []].flat() as string[];
    for (const system of authorities) if (!contract.systems.includes(system)) say(`${pointer}/x-authority`, `${system} is not a system of the contract`, contract.systems.join(', '));
    const freshness = node['x-freshness'];
    if (typeof freshness === 'string' && !classes.includes(freshness)) say(`${pointer}/x-freshness`, `no promise for class "${freshness}"`, classes.join(', ') || 'a class of freshness in contract.yaml');
    for (const [name, inner] of Object.entries(node.properties ?? {})) visit(inner, `${pointer}${toPointer('properties', name)}`);
    for (const [name, inner] of Object.entries(node.$defs ?? {})) visit(inner, `${pointer}${toPointer('$defs', name)}`);
    if (node.items) visit(node.items, `${pointer}/items`);
    if (node.additionalProperties) visit(node.additionalProperties, `${pointer}/additionalProperties`);
  };
  visit(schema, '');
}

/** An optional field of a state is absent, null (cleared) or a value: a source that can't clear it would keep old values alive. */
function lintTriState({ contract }: ContractSource, root: Schema, say: Say): void {
  if (contract.kind !== 'state') return;
  const visit = (node: Schema, pointer: string): void => {
    for (const [name, property] of Object.entries(node.properties ?? {})) {
      const place = `${pointer}${toPointer('properties', name)}`;
      if (!(node.required ?? []).includes(name) && !typesOf(resolve(property, root)).includes('null')) say(place, `"${name}" is optional and can’t be cleared`, 'a type with "null", or the name in "required"');
      visit(property, place);
    }
    for (const [name, inner] of Object.entries(node.$defs ?? {})) visit(inner, `${pointer}${toPointer('$defs', name)}`);
    if (node.items) visit(node.items, `${pointer}/items`);
    if (node.additionalProperties) visit(node.additionalProperties, `${pointer}/additionalProperties`);
  };
  visit(root, '');
}

function lintKey({ contract }: ContractSource, root: Schema, say: Say): void {
  contract.key.from.forEach((name, index) => {
    const pointer = toPointer('properties', name);
    const field = root.properties?.[name];
    if (field === undefined || !(root.required ?? []).includes(name)) return say(field === undefined ? '/properties' : pointer, `"${name}" is part of the key and not a required field`, 'required text');
    const node = resolve(field, root);
    if (node.type !== 'string' || !((node['minLength'] as number | undefined) ?? 0)) say(pointer, `"${name}" is part of the key`, '"type": "string" with "minLength": 1');
    if (node['x-pii'] === true) say(pointer, `"${name}" is personal and part of the key`, 'an opaque id: subjects, logs and metrics hold no person');
    const { separator } = contract.key;
    // 'a@b' + 'c' and 'a' + 'b@c' must not be one key.
    if (index > 0 && separator !== undefined && (node.pattern === undefined || new RegExp(node.pattern, 'u').test(`a${separator}a`))) {
      say(pointer, `"${name}" may contain the key’s separator`, `a pattern that excludes ${separator}, like ^[^${separator}]+$`);
    }
  });
}

/** X6: a rule about a field that may be absent, or compares what is no number, would silently never match. */
function lintGuard({ contract }: ContractSource, root: Schema, say: Say): void {
  const rules = contract.guard?.changes ?? [];
  rules.forEach(({ field, when }, index) => {
    const property = root.properties?.[field];
    if (property === undefined || !(root.required ?? []).includes(field)) return say(property === undefined ? '/properties' : toPointer('properties', field), `"${field}" is guarded and not a required field`, 'a required field');
    const types = when === 'differs' ? ['string', 'integer', 'number', 'boolean'] : ['integer', 'number'];
    const { type } = resolve(property, root);
    if (typeof type !== 'string' || !types.includes(type)) say(toPointer('properties', field), `"${field}" is guarded by "${when}"`, `one type of ${types.join(', ')}`);
    if (rules.findIndex((rule) => rule.field === field && rule.when === when) !== index) say(toPointer('properties', field), `the rule "${when}" is declared twice`, 'one rule for each field and "when"');
  });
}

function lintExamples(source: ContractSource): readonly Fault[] {
  const newest = newestActive(source);
  if (newest === undefined || lintKeywords(newest.file, newest.schema).length > 0) return [];
  if (source.examples.length === 0) {
    return [{ code: 'CONTRACT_INCOMPLETE', file: `${source.folder}/examples`, pointer: '', message: 'no example', accepted: `at least one *.json that is valid by ${newest.file}` }];
  }
  try {
    const validate = createAjv({ verbose: true, code: { optimize: false } }).compile({ ...closed(newest.schema), $id: 'example' });
    return source.examples.flatMap(({ file, data }) =>
      validate(data) ? [] : (validate.errors ?? []).map((error): Fault => ({ code: 'CONTRACT_EXAMPLE_INVALID', file, ...explain(error) })),
    );
  } catch {
    // Said by lintVersion.
    return [];
  }
}

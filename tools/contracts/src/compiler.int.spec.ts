import { spawnSync } from 'node:child_process';
import { cpSync, existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { errorTable } from '@steward/platform';
import { documents } from './check';
import { check, type Fault, faultCodes, formatFault, generate, lint, publish } from './index';

const project = join(__dirname, '../../..');
/** Some of each kind are enough to break; all of them would be compiled anew in every test. */
const some = ['cancel-order', 'category', 'feed-progress', 'price', 'product', 'reserve-stock', 'stock-level'];
const template = mkdtempSync(join(tmpdir(), 'steward-contracts-'));
let root: string;

beforeAll(() => {
  const parts = some.flatMap((entity) => [`contracts/${entity}`, `contracts/published/${entity}`]);
  for (const part of [...parts, 'contracts/contract.schema.json', 'docs/runbooks']) cpSync(join(project, part), join(template, part), { recursive: true });
  mkdirSync(join(template, 'docs/contracts'));
  for (const [file, text] of documents(template, lint(template).sources)) writeFileSync(join(template, file), text);
});
afterAll(() => rmSync(template, { recursive: true, force: true }));
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), 'steward-contracts-'));
  cpSync(template, root, { recursive: true });
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function edit(file: string, change: (text: string) => string): void {
  const path = join(root, file);
  const before = existsSync(path) ? readFileSync(path, 'utf8') : '';
  const after = change(before);
  if (after === before) throw new Error(`the edit of ${file} changes nothing`);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, after);
}

type Json = Record<string, unknown> & { properties: Record<string, Json>; required: string[]; $defs: Record<string, Json> };
const editJson = (file: string, change: (json: Json) => void): void =>
  edit(file, (text) => {
    const json = JSON.parse(text) as Json;
    change(json);
    return JSON.stringify(json);
  });

const faults = (): readonly Fault[] => check(root).faults;
const places = (): readonly string[] => faults().map(({ code, file, pointer }) => `${code} ${file.replace('contracts/', '')}#${pointer}`);

describe('the contracts of this repository', () => {
  it('are in order', () => {
    expect(check(project).faults.map(formatFault)).toEqual([]);
  });
});

describe('the contract compiler', () => {
  it.each(['team', 'contact', 'escalation', 'runbook'])('refuses a contract without owner.%s', (field) => {
    edit('contracts/product/contract.yaml', (text) => text.replace(new RegExp(`^  ${field}: .*\n`, 'm'), ''));
    expect(faults()).toEqual([expect.objectContaining({ code: 'CONTRACT_INCOMPLETE', file: 'contracts/product/contract.yaml', pointer: '/owner', message: `"${field}" is missing` })]);
  });

  it('refuses a runbook that does not exist', () => {
    rmSync(join(root, 'docs/runbooks/product.md'));
    expect(places()).toEqual(['CONTRACT_RUNBOOK_MISSING product/contract.yaml#/owner/runbook']);
  });

  it('refuses a runbook whose head says what nobody could carry out', () => {
    edit('docs/runbooks/resync-entity.md', (text) => text.replace('keys: $keys, perSecond', 'keys: $key, perSecond').replace('kind: check, run: job-done, with: { step: resync }', 'kind: cheque, run: job-done, with: { step: resync }').replace('of: compare, ', 'of: agrees, '));
    expect(places()).toEqual(['/steps/3/with', '/steps/5/kind', '/steps/7/of'].map((pointer) => `RUNBOOK_INVALID docs/runbooks/resync-entity.md#${pointer}`));
  });

  it('tells all faults of all files in one run, each with what is accepted', () => {
    edit('contracts/product/contract.yaml', (text) => text.replace('respondWithin: 4h', 'respondWithin: soon').replace(/^ {2}escalation.*\n/m, ''));
    edit('contracts/stock-level/contract.yaml', (text) => `${text}\ncolour: blue\n`);
    editJson('contracts/feed-progress/v1.schema.json', (schema) => {
      (schema.properties['stream'] as Record<string, unknown>)['contains'] = {};
      (schema.properties['epoch'] as Record<string, unknown>)['maxLength'] = 'many';
    });
    edit('contracts/feed-progress/examples/broken.json', () => '{');
    expect(places().toSorted()).toEqual([
      'CONTRACT_INCOMPLETE product/contract.yaml#/owner',
      'CONTRACT_INVALID product/contract.yaml#/deadLetter/respondWithin',
      'CONTRACT_INVALID stock-level/contract.yaml#/colour',
      'CONTRACT_SCHEMA_INVALID feed-progress/v1.schema.json#/properties/epoch/maxLength',
      'CONTRACT_SCHEMA_INVALID feed-progress/v1.schema.json#/properties/stream/contains',
      'CONTRACT_UNREADABLE feed-progress/examples/broken.json#',
    ]);
    for (const fault of faults()) expect(fault.accepted).not.toBe('');
  });

  it('lets a state have one system of record, unless each tells of rows of its own', () => {
    edit('contracts/stock-level/contract.yaml', (text) => text.replace('systems: [erp]', 'systems: [erp, oms]'));
    expect(places()).toEqual(['CONTRACT_INVALID stock-level/contract.yaml#/systems']);
    edit('contracts/stock-level/contract.yaml', (text) => `told: true\n${text}`);
    expect(places().filter((place) => !place.startsWith('CONTRACT_UNPUBLISHED'))).toEqual([]);
    edit('contracts/feed-progress/contract.yaml', (text) => `told: true\n${text}`);
    expect(places()).toContain('CONTRACT_INVALID feed-progress/contract.yaml#/told');
  });

  it('refuses a consumer that wants to hear a system that says nothing', () => {
    edit('contracts/stock-level/contract.yaml', (text) => text.replace('builds: availability,', 'builds: availability, from: [pim],'));
    expect(places()).toEqual(['CONTRACT_INVALID stock-level/contract.yaml#/consumers/0/from']);
  });

  it('refuses an example that the contract does not accept', () => {
    editJson('contracts/stock-level/examples/full.json', (data) => {
      data['onHand'] = 1.5;
      data['shelf'] = 'B7';
    });
    expect(places().toSorted()).toEqual(['CONTRACT_EXAMPLE_INVALID stock-level/examples/full.json#/onHand', 'CONTRACT_EXAMPLE_INVALID stock-level/examples/full.json#/shelf']);
  });

  it.each<[string, (schema: Json) => void, string]>([
    ['an optional field that can’t be cleared', (schema) => void ((schema.properties['safetyStock'] as Json)['type'] = 'integer'), '/properties/safetyStock'],
    ['an enum that does not say whether it may grow', (schema) => void (schema.properties['location'] = { type: 'string', minLength: 1, pattern: '^[^@]+$', enum: ['a'] } as unknown as Json), '/properties/location'],
    ['an authority that is not a system of the contract', (schema) => void (schema['x-authority'] = 'crm'), '/x-authority'],
    ['a class of freshness without a promise', (schema) => void ((schema.properties['onHand'] as Json)['x-freshness'] = 'soon'), '/properties/onHand/x-freshness'],
    ['a field without an audience', (schema) => void delete schema['x-audience'], '/properties/onHand'],
    ['a key that could be split in two ways', (schema) => void delete (schema.properties['location'] as Json)['pattern'], '/properties/location'],
    ['personal data in a key', (schema) => void ((schema.properties['sku'] as Json)['x-pii'] = true), '/properties/sku'],
    ['a reference to nothing', (schema) => void (schema.properties['expectedAt'] = { $ref: '#/$defs/time' } as unknown as Json), '/properties/expectedAt/$ref'],
    ['a definition that holds itself', (schema) => void (schema.$defs = { tree: { type: 'array', items: { $ref: '#/$defs/tree' } } as unknown as Json }), '/$defs/tree'],
    ['an object that is neither struct nor map', (schema) => void (schema.properties['extra'] = { type: ['object', 'null'] } as unknown as Json), '/properties/extra'],
  ])('refuses %s', (_what, change, pointer) => {
    editJson('contracts/stock-level/v1.schema.json', change);
    expect(faults()).toContainEqual(expect.objectContaining({ code: 'CONTRACT_SCHEMA_INVALID', file: 'contracts/stock-level/v1.schema.json', pointer }));
  });

  it.each<[string, string, string]>([
    ['a field that the schema does not have', '{ field: price, when: zero, max: 1, ratio: 0 }', '/properties'],
    ['a field that may be absent', '{ field: safetyStock, when: zero, max: 1, ratio: 0 }', '/properties/safetyStock'],
    ['text that would have to be a number', '{ field: location, when: moves, by: 0.5, max: 1, ratio: 0 }', '/properties/location'],
    ['a rule twice', '{ field: onHand, when: zero, max: 1, ratio: 0 }', '/properties/onHand'],
  ])('X6: refuses a guard of %s', (_what, rule, pointer) => {
    edit('contracts/stock-level/contract.yaml', (text) => text.replace('  changes:\n', `  changes:\n    - ${rule}\n`));
    expect(faults()).toEqual([expect.objectContaining({ code: 'CONTRACT_SCHEMA_INVALID', file: 'contracts/stock-level/v1.schema.json', pointer })]);
  });

  it('X6: refuses a rule that moves by nothing, and one that falls to zero by something', () => {
    edit('contracts/stock-level/contract.yaml', (text) => text.replace('  changes:\n', '  changes:\n    - { field: onHand, when: moves, max: 1, ratio: 0 }\n').replace('when: zero,', 'when: zero, by: 1,'));
    expect(places().toSorted()).toEqual(['CONTRACT_INCOMPLETE stock-level/contract.yaml#/guard/changes/0', 'CONTRACT_INVALID stock-level/contract.yaml#/guard/changes/1/by']);
  });

  it.each<[string, (text: string) => string, string, string]>([
    ['nobody', (text) => text.replace(/^consumers:[^]*/m, 'consumers: []\n'), '/consumers', 'A command has exactly one consumer'],
    ['two', (text) => `${text}  - { service: crm, builds: orders, purpose: reaction }\n`, '/consumers', 'A command has exactly one consumer'],
    ['who may hear it again at a replay', (text) => text.replace('purpose: reaction', 'purpose: projection'), '/consumers/0/purpose', 'reaction'],
  ])('refuses a command to %s', (_whom, change, pointer, accepted) => {
    edit('contracts/cancel-order/contract.yaml', change);
    expect(faults()).toContainEqual(expect.objectContaining({ code: 'CONTRACT_INVALID', file: 'contracts/cancel-order/contract.yaml', pointer, accepted: expect.stringContaining(accepted) as unknown }));
  });

  it('gives commands a stream of their sender, under subjects that say what they are', async () => {
    await generate(root, check(root).sources);
    const text = readFileSync(join(root, 'libs/contracts/src/generated/topology.ts'), 'utf8');
    const [, streams = ''] = /streams: readonly StreamDeclaration\[\] = (\[[^]*?\n\]);/.exec(text) ?? [];
    const commands = (JSON.parse(streams) as { name: string; system: string; holds: string; subjects: string[]; maxAgeMs: number; maxBytes: number }[]).filter(({ holds }) => holds === 'command');
    expect(commands.map(({ name }) => name)).toEqual(['GATEWAY_COMMANDS', 'OMS_COMMANDS', 'OPERATIONS_COMMANDS']);
    for (const { name, system, subjects, maxAgeMs, maxBytes } of commands) {
      expect(name).toBe(`${system.toUpperCase()}_COMMANDS`);
      for (const subject of subjects) expect(subject).toMatch(new RegExp(`^cmd\\.${system}\\.[a-z-]+\\.\\*\\.\\*$`));
      expect([maxAgeMs, maxBytes > 0]).toEqual([14 * 86_400_000, true]);
    }
  });

  it('refuses a type’s name that another contract has', () => {
    editJson('contracts/product/v1.schema.json', (schema) => void ((schema.$defs['medium'] as unknown as Record<string, unknown>)['title'] = 'CategoryText'));
    expect(faults()).toContainEqual(expect.objectContaining({ code: 'CONTRACT_SCHEMA_INVALID', file: 'contracts/product/v1.schema.json', pointer: '/$defs/medium/title' }));
  });

  it('refuses a break of what was published, and names consumers and owner, although the examples are wrong as well', () => {
    editJson('contracts/product/v1.schema.json', (schema) => {
      schema.required.push('brand');
      (schema.properties['status'] as Json)['enum'] = ['active', 'draft'];
    });
    const breaking = faults().filter(({ code }) => code === 'CONTRACT_BREAKING');
    expect(breaking.map(({ pointer }) => pointer).toSorted()).toEqual(['/properties/brand', '/properties/status']);
    for (const { message } of breaking) expect(message).toMatch(/^rule "(required|closed-enum)": .*breaks gateway \(catalogue\); owner Catalogue, #team-catalogue$/);
    expect(faults().some(({ code }) => code === 'CONTRACT_EXAMPLE_INVALID')).toBe(true);
  });

  it('refuses what only consumers of yesterday can’t read, and what only producers of yesterday still send', () => {
    editJson('contracts/product/v1.schema.json', (schema) => void ((schema.properties['status'] as Json)['enum'] = ['active', 'draft', 'archived', 'retired']));
    editJson('contracts/stock-level/v1.schema.json', (schema) => void ((schema.properties['onHand'] as Json)['minimum'] = 0));
    const breaking = faults().filter(({ code }) => code === 'CONTRACT_BREAKING');
    expect(breaking.map(({ file, pointer }) => `${file}#${pointer}`)).toEqual(['contracts/product/v1.schema.json#/properties/status', 'contracts/stock-level/v1.schema.json#/properties/onHand']);
  });

  it('compares with every version ever published, not with the last one alone', () => {
    const field = { type: ['string', 'null'], maxLength: 10 };
    editJson('contracts/stock-level/v1.schema.json', (schema) => void (schema.properties['shelf'] = field as unknown as Json));
    expect(places()).toEqual(['CONTRACT_UNPUBLISHED stock-level/v1.schema.json#']);
    expect(publish(root, check(root).sources)).toEqual(['contracts/published/stock-level/v1/2.json']);
    editJson('contracts/stock-level/v1.schema.json', (schema) => void delete schema.properties['shelf']);
    expect(publish(root, check(root).sources)).toEqual(['contracts/published/stock-level/v1/3.json']);
    editJson('contracts/stock-level/v1.schema.json', (schema) => void (schema.properties['shelf'] = { type: ['integer', 'null'] } as unknown as Json));
    expect(faults()).toContainEqual(expect.objectContaining({ code: 'CONTRACT_BREAKING', pointer: '/properties/shelf', message: expect.stringContaining('release 2') as unknown }));
  });

  it('refuses another key, another kind and a published version that is gone', () => {
    edit('contracts/product/contract.yaml', (text) => text.replace('from: [id]', 'from: [id, status], separator: "/"'));
    expect(places()).toContain('CONTRACT_BREAKING product/contract.yaml#/key');
    rmSync(join(root, 'contracts/stock-level'), { recursive: true });
    expect(places()).toContain('CONTRACT_BREAKING stock-level/v1.schema.json#');
  });

  it('refuses pages and an AsyncAPI document that are not current', () => {
    edit('contracts/product/contract.yaml', (text) => text.replace('team: Catalogue', 'team: Assortment'));
    edit('docs/contracts/forgotten.md', () => '# forgotten');
    expect(faults().map(({ code, file }) => `${code} ${file}`)).toEqual(['contracts.md', 'contracts/product.md', 'asyncapi.yaml', 'contracts/forgotten.md'].map((file) => `CONTRACT_DOCS_STALE docs/${file}`));
  });

  it('B7, C7: refuses one durable for what a replay may feed and what it must not', () => {
    edit('contracts/price/contract.yaml', (text) => `${text}  - { service: gateway, builds: catalogue, purpose: reaction }\n`);
    expect(faults()).toContainEqual(expect.objectContaining({ code: 'CONTRACT_INVALID', message: expect.stringContaining('gateway-catalogue is a ') as unknown, accepted: expect.stringContaining('another name in "builds"') as unknown }));
  });

  it('generates a second major beside the first one', async () => {
    edit('contracts/product/contract.yaml', (text) => text.replace('- { major: 1, status: active }', '- { major: 1, status: deprecated, until: 2027-06-30 }\n  - { major: 2, status: active }').replaceAll('2027-06-30', "'2027-06-30'"));
    const schema = readFileSync(join(root, 'contracts/product/v1.schema.json'), 'utf8').replace('/product/v1"', '/product/v2"');
    edit('contracts/product/v2.schema.json', () => schema);
    expect(places()).toEqual(['CONTRACT_UNPUBLISHED product/v2.schema.json#']);
    await generate(root, check(root).sources);
    const generated = (name: string): string => readFileSync(join(root, 'libs/contracts/src/generated', name), 'utf8');
    expect(generated('types.ts')).toMatch(/export interface ProductV1 [^]*export interface ProductTextV1 [^]*export interface Product [^]*export interface ProductText /);
    expect(generated('catalogue.ts')).toContain('export const contracts: readonly Contract[] = [cancelOrder, category, feedProgress, price, productV1, product, reserveStock, stockLevel];');
    expect(generated('topology.ts')).toContain('"evt.pim.product.v1.*",\n      "evt.pim.product.v2.*"');
  });

  it('finds personal fields', async () => {
    editJson('contracts/product/v1.schema.json', (schema) => {
      const name = schema.$defs['text']?.properties['name'];
      if (name) name['x-pii'] = true;
    });
    await generate(root, check(root).sources);
    expect(readFileSync(join(root, 'libs/contracts/src/generated/catalogue.ts'), 'utf8')).toContain('"/texts/*/name"');
  });
});

describe('every code of the compiler', () => {
  it('is explained in the table of errors', () => {
    expect(Object.keys(errorTable)).toEqual(expect.arrayContaining([...faultCodes]));
  });
});

describe('the command', () => {
  const run = (...words: string[]): { status: number | null; stdout: string; stderr: string } =>
    spawnSync(process.execPath, [join(project, 'tools/contracts/dist/main.js'), ...words], { encoding: 'utf8' });

  it('ends with 0 when all is in order, 1 with faults, 64 when it is misused', () => {
    expect(run('check', '--root', root)).toMatchObject({ status: 0, stdout: `${some.length} contracts are in order\n` });
    edit('contracts/product/contract.yaml', (text) => text.replace(/^ {2}contact.*\n/m, ''));
    expect(run('--root', root)).toMatchObject({ status: 1, stderr: expect.stringMatching(/contracts\/product\/contract.yaml#\/owner\n.*"contact" is missing\n.*accepted: /) as unknown });
    expect(run('generate', '--root', root).status).toBe(1);
    expect(existsSync(join(root, 'libs'))).toBe(false);
    expect(run('lint', '--root', root).status).toBe(1);
    expect(run('chek')).toMatchObject({ status: 64, stderr: expect.stringContaining('usage:') as unknown });
  });

  it('tells what changed between two releases, and ends with 1 when it breaks somebody', () => {
    editJson('contracts/stock-level/v1.schema.json', (schema) => void (schema.properties['shelf'] = { type: ['string', 'null'], maxLength: 10 } as unknown as Json));
    expect(run('diff', 'stock-level', '--root', root)).toMatchObject({ status: 0, stdout: expect.stringMatching(/\+ \/properties\/shelf\/maxLength 10\n.*compatible in both directions; read by gateway/s) as unknown });
    expect(run('asyncapi', '--root', root).stdout).toContain('asyncapi: 3');
    publish(root, check(root).sources);
    editJson('contracts/stock-level/v1.schema.json', (schema) => void (schema.properties['shelf'] = { type: ['integer', 'null'] } as unknown as Json));
    expect(run('diff', 'stock-level', '--root', root)).toMatchObject({ status: 1, stdout: expect.stringMatching(/! \/properties\/shelf type: .*\nbreaks gateway/s) as unknown });
    expect(run('diff', 'stock-level', 'v1/1', 'v1/1', '--root', root)).toMatchObject({ status: 0, stdout: expect.stringContaining('the same') as unknown });
    expect(run('diff', 'stock-level', 'v1/9', '--root', root)).toMatchObject({ status: 64, stderr: expect.stringContaining('accepted: v1/1, v1/2, v1') as unknown });
  });
});

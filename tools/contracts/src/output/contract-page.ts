import { type ContractFile, type ContractSource, newestActive, resolve, type Schema, typesOf } from '../model';
import type { Releases } from '../rules/published';
import { addressOf, streamName } from './topology';

/** Where the page of a contract lies; docs/contracts.md is the way to all of them. */
export const pageOf = (entity: string): string => `docs/contracts/${entity}.md`;

export const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|').replaceAll('\n', ' ')).join(' | ')} |`;

const code = (text: string): string => `\`${text}\``;

const kinds: Readonly<Record<ContractFile['kind'], string>> = {
  state: 'state: the whole entity with a revision that only grows. What is older than what is stored changes nothing (C1)',
  event: 'event: a fact that is applied once, in the order of its key (C5b)',
  command: 'command: asks one service for something, which may refuse it',
  claims: 'claims: what a signed token says. No message of its own',
};

/** The page of one contract, for whoever has to read or write what it describes. Committed, and checked to be current. */
export function renderContract(source: ContractSource, releases: Releases): string {
  const { contract } = source;
  const newest = newestActive(source);
  return [
    `<!-- Generated from ${source.folder}/ by "npm run contracts -- docs": do not edit. -->`,
    `# ${contract.entity}`,
    '',
    contract.summary,
    '',
    ...(newest?.schema.description === undefined ? [] : [newest.schema.description, '']),
    '| | |',
    '|---|---|',
    ...facts(contract, newest?.major ?? 1, releases).map((cells) => row(cells)),
    '',
    ...promises(contract),
    ...(newest === undefined ? [] : fields(newest.schema, newest.major)),
    ...source.examples.flatMap(({ file, data }, index) => [...(index === 0 ? ['## Examples', ''] : []), `${code(file)}`, '', '```json', JSON.stringify(data, undefined, 2), '```', '']),
    ...failing(contract),
  ].join('\n');
}

function facts(contract: ContractFile, major: number, releases: Releases): readonly (readonly [string, string])[] {
  const { kind, entity, systems, owner, key, versions, consumers } = contract;
  const said = { state: systems.length === 1 ? 'system of record' : 'told by', event: 'announced by', command: 'may be sent by', claims: 'signed by' }[kind];
  const address = (system: string): string => `${code(`${addressOf(contract, system, `v${major}`)}.<key>`)} in ${code(streamName(system, kind))}`;
  return [
    ['kind', kinds[kind]],
    [said, systems.join(', ')],
    ...(kind === 'claims' ? [] : ([['key', key.from.map(code).join(` + ${code(key.separator ?? '')} + `)], ['subject, stream', systems.map(address).join(', ')]] as const)),
    ['consumers', consumers.map((consumer) => consumerText(consumer)).join('; ') || 'none'],
    ['versions', versions.map((version) => `v${version.major} ${version.status}${version.until === undefined ? '' : ` until ${version.until}`}, ${publishedText(releases(entity, version.major))}`).join('; ')],
    ['owner', `${owner.team}, ${owner.contact}; when nobody answers ${owner.escalation}`],
    ['source', code(`contracts/${entity}/`)],
  ];
}

function consumerText({ service, builds, purpose, from }: ContractFile['consumers'][number]): string {
  return `${service} builds ${code(builds)} from it (${purpose}${from === undefined ? '' : `, of ${from.join(', ')}`})`;
}

const publishedText = (release: number): string => (release === 0 ? 'not published' : `published, release ${release}`);

function promises({ kind, freshness, guard, reconciliation, fourEyes, retention, deadLetter }: ContractFile): readonly string[] {
  if (kind === 'claims') return [];
  const { stream, tombstones } = retention;
  return [
    '## What is promised',
    '',
    ...Object.entries(freshness).map(([name, { target, staleAfter }]) => `- Fresh: ${name} within ${target}; after ${staleAfter} it is shown as stale.`),
    ...(guard === undefined ? [] : [`- Guarded: within an hour, whichever is more, ${guardText(guard)}. What is beyond is held for the owner (X6).`]),
    ...(reconciliation === undefined ? [] : [`- Compared: both ends every ${reconciliation.cadence}; what differs for longer than ${reconciliation.settle} is drift (X2). Repair: ${reconciliation.repair}.`]),
    `- Kept: ${'maxAge' in stream ? `the stream holds it for ${stream.maxAge}, at most ${stream.maxMegabytes} MiB` : 'the stream holds the newest message of each key'}${tombstones === undefined ? '' : `, tombstones for ${tombstones}`}.`,
    `- Answered: the owner looks at its dead letters within ${deadLetter.respondWithin}.`,
    ...(fourEyes ? ['- Four eyes: what one person does to its dead letters by hand, or lets out of what is held, a second one approves.'] : []),
    '',
  ];
}

function guardText({ delete: deletion, changes = [] }: NonNullable<ContractFile['guard']>): string {
  const atMost = ({ max, ratio }: typeof deletion): string => (max === 0 && ratio === 0 ? 'no key' : `at most ${max} keys or ${Number((ratio * 100).toPrecision(6))} %`);
  const what = { zero: 'falls to 0', moves: 'moves by more than', differs: 'becomes another' };
  return [
    `${atMost(deletion)} deleted`,
    ...changes.map((rule) => `${atMost(rule)} whose \`${rule.field}\` ${what[rule.when]}${rule.by === undefined ? '' : ` ${rule.by * 100} %`}`),
  ].join(', ');
}

interface Marks {
  readonly authority: string;
  readonly audience: string;
  readonly freshness: string;
  readonly personal: boolean;
}

interface Field {
  readonly path: string;
  readonly node: Schema;
  readonly required: boolean;
  readonly marks: Marks;
}

/** What a field does not say of itself it has from what holds it. */
function marksOf(node: Schema, outer?: Marks): Marks {
  return {
    authority: [node['x-authority'] ?? outer?.authority ?? []].flat().join(', '),
    audience: String(node['x-audience'] ?? outer?.audience ?? ''),
    freshness: String(node['x-freshness'] ?? outer?.freshness ?? ''),
    personal: node['x-pii'] === undefined ? outer?.personal === true : node['x-pii'] === true,
  };
}

/** Every field with a name, at any depth: `lines[].sku` of a list, `texts{}.name` of a map. */
function* fieldsOf(holder: Schema, root: Schema, path: string, outer: Marks): Generator<Field> {
  for (const [name, property] of Object.entries(holder.properties ?? {})) {
    const node = resolve(property, root);
    const field = { path: `${path}${name}`, node, required: (holder.required ?? []).includes(name), marks: marksOf(node, outer) };
    yield field;
    yield* below(node, root, field.path, field.marks);
  }
}

function* below(node: Schema, root: Schema, path: string, marks: Marks): Generator<Field> {
  yield* fieldsOf(node, root, `${path}.`, marks);
  for (const [inner, sign] of [[node.items, '[]'], [node.additionalProperties, '{}']] as const) {
    if (!inner) continue;
    const held = resolve(inner, root);
    yield* below(held, root, `${path}${sign}`, marksOf(held, marks));
  }
}

function fields(root: Schema, major: number): readonly string[] {
  const whole = marksOf(root);
  const rows = [...fieldsOf(root, root, '', whole)];
  // A column that says the same in every row is a sentence.
  const told = (['authority', 'audience', 'freshness'] as const).filter((mark) => rows.some(({ marks }) => marks[mark] !== whole[mark]));
  const heads = { authority: 'written by', audience: 'audience', freshness: 'freshness' };
  const same = (Object.keys(heads) as (keyof typeof heads)[]).filter((mark) => !told.includes(mark) && whole[mark] !== '');
  return [
    `## Fields of v${major}`,
    '',
    ...(same.length === 0 ? [] : [`Of every field: ${same.map((mark) => `${heads[mark]} ${whole[mark]}`).join('; ')}.`, '']),
    row(['field', 'type', 'accepted', 'may be absent', ...told.map((mark) => heads[mark]), 'personal', 'meaning']),
    `|${'---|'.repeat(6 + told.length)}`,
    ...rows.map(({ path, node, required, marks }) =>
      row([code(path), typeText(node, root), acceptedText(node), required ? 'no' : 'yes', ...told.map((mark) => marks[mark]), marks.personal ? 'yes' : 'no', node.description ?? '']),
    ),
    '',
  ];
}

function typeText(node: Schema, root: Schema): string {
  const held = node.items ?? (node.properties === undefined && node.additionalProperties ? node.additionalProperties : undefined);
  const types = typesOf(node).join(' or ');
  return held === undefined ? types : `${types} of ${typeText(resolve(held, root), root)}`;
}

function acceptedText(node: Schema): string {
  const number = (keyword: string): number | undefined => (typeof node[keyword] === 'number' ? node[keyword] : undefined);
  const range = (least: string, most: string, unit: string): string => {
    const [from, to] = [number(least), number(most)];
    // The largest integer that JSON carries exactly is no limit that anybody set.
    const bounded = to !== undefined && to !== Number.MAX_SAFE_INTEGER;
    if (from === undefined && !bounded) return '';
    return from === undefined ? `at most ${String(to)}${unit}` : bounded ? (from === to ? `${from}${unit}` : `${from} to ${String(to)}${unit}`) : `${from} or more${unit}`;
  };
  const values = node.enum === undefined ? '' : `${node.enum.map((value) => code(String(value))).join(', ')} (${String(node['x-enum'])})`;
  return [
    values,
    node.format ?? '',
    range('minimum', 'maximum', ''),
    range('minLength', 'maxLength', ' characters'),
    range('minItems', 'maxItems', ' items'),
    node.pattern === undefined ? '' : code(node.pattern),
  ].filter((part) => part !== '').join('; ');
}

function failing({ owner, kind }: ContractFile): readonly string[] {
  const runbook = `[${owner.runbook.replace('docs/', '')}](${owner.runbook.replace('docs/', '../')})`;
  if (kind === 'claims') return ['## When it fails', '', `${runbook} says what to do.`, ''];
  return ['## When it fails', '', `${runbook} says what to do. What waits for the owner:`, '', `    npx steward dlq list --q 'state:open owner:${/\s/.test(owner.team) ? `"${owner.team}"` : owner.team}'`, ''];
}

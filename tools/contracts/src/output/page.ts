import { type ContractFile, type ContractSource, newestActive, resolve, type Schema, typesOf } from '../model';
import { durablesOf, streamsOf } from './topology';

export const PAGE = 'docs/contracts.md';

/** docs/contracts.md: who owns what, for people. Committed, and checked to be current. */
export function renderPage(sources: readonly ContractSource[]): string {
  return [
    '<!-- Generated from contracts/ by "npm run contracts -- docs": do not edit. -->',
    '# Contracts and their owners',
    '',
    'Every entity that crosses a service, who answers for it and what is promised. The source is `contracts/<entity>/`.',
    '',
    '| entity | kind | announced or sent by | owner | contact | escalation | runbook | dead letters answered in | consumers |',
    '|---|---|---|---|---|---|---|---|---|',
    ...sources.map(({ contract }) =>
      row([
        `[${contract.entity}](#${contract.entity})`,
        contract.kind,
        contract.systems.join(', '),
        contract.owner.team,
        contract.owner.contact,
        contract.owner.escalation,
        `[${contract.owner.runbook.replace('docs/', '')}](${contract.owner.runbook.replace('docs/', '')})`,
        contract.deadLetter.respondWithin,
        contract.consumers.map(({ service, builds, purpose, from }) => `${service} (${builds}, ${purpose}${from === undefined ? '' : `, from ${from.join(', ')}`})`).join(', ') || 'none',
      ]),
    ),
    '',
    ...sources.flatMap(entity),
    '## Streams and durables',
    '',
    'Made by the provisioner only (B7).',
    '',
    '| stream | subjects | keeps |',
    '|---|---|---|',
    ...streamsOf(sources).map((stream) =>
      row([`\`${stream.name}\``, stream.subjects.map((subject) => `\`${subject}\``).join(', '), stream.holds === 'state' ? 'the newest message per key' : `${stream.maxAgeMs / 86_400_000} days, ${stream.maxBytes / 1_048_576} MiB`]),
    ),
    '',
    '| durable | stream | takes |',
    '|---|---|---|',
    ...durablesOf(sources).map((durable) => row([`\`${durable.name}\``, `\`${durable.stream}\``, durable.filterSubjects.map((subject) => `\`${subject}\``).join(', ')])),
    '',
  ].join('\n');
}

function entity(source: ContractSource): readonly string[] {
  const { contract } = source;
  const newest = newestActive(source);
  const freshness = Object.entries(contract.freshness);
  return [
    `## ${contract.entity}`,
    '',
    contract.summary,
    '',
    `- Key: ${contract.key.from.map((name) => `\`${name}\``).join(` + \`${contract.key.separator ?? ''}\` + `)}`,
    `- Versions: ${contract.versions.map(({ major, status, until }) => `v${major} ${status}${until === undefined ? '' : ` until ${until}`}`).join(', ')}`,
    ...(contract.fourEyes ? ['- Four eyes: what is done to its dead letters by hand, or let out of what is held, a second person approves'] : []),
    ...(freshness.length > 0 ? [`- Freshness: ${freshness.map(([name, { target, staleAfter }]) => `${name} within ${target}, stale after ${staleAfter}`).join('; ')}`] : []),
    ...(contract.guard === undefined ? [] : [`- Guard, within an hour, whichever is more, else held for the owner: ${guardText(contract.guard)}`]),
    ...(contract.reconciliation === undefined ? [] : [`- Reconciliation: every ${contract.reconciliation.cadence}, differences younger than ${contract.reconciliation.settle} are in flight, repair: ${contract.reconciliation.repair}`]),
    '',
    ...(newest === undefined ? [] : fields(newest.schema)),
  ];
}

function guardText({ delete: deletion, changes = [] }: NonNullable<ContractFile['guard']>): string {
  const atMost = ({ max, ratio }: typeof deletion): string => `at most ${max} keys or ${Number((ratio * 100).toPrecision(6))} %`;
  const what = { zero: 'falls to 0', moves: 'moves by more than', differs: 'becomes another' };
  return [
    `${atMost(deletion)} deleted`,
    ...changes.map((rule) => `${atMost(rule)} whose \`${rule.field}\` ${what[rule.when]}${rule.by === undefined ? '' : ` ${rule.by * 100} %`}`),
  ].join('; ');
}

function fields(root: Schema): readonly string[] {
  const marks = (node: Schema): readonly string[] => [
    [node['x-authority'] ?? root['x-authority'] ?? ''].flat().join(', '),
    String(node['x-audience'] ?? root['x-audience'] ?? ''),
    String(node['x-freshness'] ?? root['x-freshness'] ?? ''),
    node['x-pii'] === true ? 'yes' : 'no',
  ];
  return [
    '| field | type | may be absent | written by | audience | freshness | personal | meaning |',
    '|---|---|---|---|---|---|---|---|',
    ...Object.entries(root.properties ?? {}).map(([name, property]) => {
      const node = resolve(property, root);
      const values = node.enum === undefined ? '' : ` (${node['x-enum'] as string}: ${node.enum.join(', ')})`;
      return row([`\`${name}\``, typesOf(node).join(' or ') + values, (root.required ?? []).includes(name) ? 'no' : 'yes', ...marks(node), node.description ?? '']);
    }),
    '',
  ];
}

const row = (cells: readonly string[]): string => `| ${cells.map((cell) => cell.replaceAll('|', '\\|')).join(' | ')} |`;

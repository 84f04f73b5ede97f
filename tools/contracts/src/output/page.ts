import { type ContractSource, messagesOf } from '../model';
import { pageOf, row } from './contract-page';
import { durablesOf, streamsOf } from './topology';

export const PAGE = 'docs/contracts.md';

/** docs/contracts.md: who owns what, for people. Committed, and checked to be current. */
export function renderPage(sources: readonly ContractSource[]): string {
  return [
    '<!-- Generated from contracts/ by "npm run contracts -- docs": do not edit. -->',
    '# Contracts and their owners',
    '',
    'Every entity that crosses a service, and who answers for it. Each has a page with its fields, examples and promises. The source is `contracts/<entity>/`.',
    '',
    '| entity | kind | announced or sent by | owner | contact | escalation | runbook | dead letters answered in | consumers |',
    '|---|---|---|---|---|---|---|---|---|',
    ...sources.map(({ contract }) =>
      row([
        `[${contract.entity}](${pageOf(contract.entity).replace('docs/', '')})`,
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
    '## Streams and durables',
    '',
    'Made by the provisioner only (B7).',
    '',
    '| stream | subjects | keeps |',
    '|---|---|---|',
    ...streamsOf(messagesOf(sources)).map((stream) =>
      row([`\`${stream.name}\``, stream.subjects.map((subject) => `\`${subject}\``).join(', '), stream.holds === 'state' ? 'the newest message per key' : `${stream.maxAgeMs / 86_400_000} days, ${stream.maxBytes / 1_048_576} MiB`]),
    ),
    '',
    '| durable | stream | takes |',
    '|---|---|---|',
    ...durablesOf(messagesOf(sources)).map((durable) => row([`\`${durable.name}\``, `\`${durable.stream}\``, durable.filterSubjects.map((subject) => `\`${subject}\``).join(', ')])),
    '',
  ].join('\n');
}

import { parse } from 'yaml';
import { code, table, words } from './markdown-table';
import { fieldHeads, fieldRows, type Schema } from './schema';

interface Channel {
  readonly address: string;
  readonly description: string;
  readonly messages: Readonly<Record<string, unknown>>;
  readonly tags: readonly { readonly name: string }[];
  readonly 'x-stream': string;
}

interface AsyncApi {
  readonly info: { readonly description: string };
  readonly channels: Readonly<Record<string, Channel>>;
  readonly operations: Readonly<Record<string, { readonly action: 'send' | 'receive'; readonly channel: { readonly $ref: string }; readonly summary?: string; readonly tags: readonly { readonly name: string }[] }>>;
  readonly components: { readonly schemas: Readonly<Record<string, Schema>> };
}

const headersOf = [['EventHeaders', 'Headers of events and commands'], ['StateHeaders', 'Headers of states']] as const;

/** The page of messages: each subject with its stream, who sends it and who takes it. What they hold is on the pages of the contracts. */
export function renderAsyncApi(title: string, text: string, file: string): string {
  const document = parse(text) as AsyncApi;
  const operations = Object.values(document.operations);
  const channels = Object.entries(document.channels);
  const takers = (id: string): string => operations.filter(({ action, channel }) => action === 'receive' && channel.$ref === `#/channels/${id}`).map(({ tags, summary }) => `${tags[0]?.name ?? ''} (${summary ?? ''})`).join('; ') || 'nobody';
  const senders = (id: string): string => operations.filter(({ action, channel }) => action === 'send' && channel.$ref === `#/channels/${id}`).map(({ tags }) => tags[0]?.name ?? '').join(', ');
  const systems = [...new Set(channels.map(([id]) => id.split('.')[0] ?? ''))].toSorted();
  return [
    `# ${title}`,
    '',
    words(document.info.description),
    '',
    `The same for other tools: [${file}](/${file}), AsyncAPI 3.0, with every schema and example in it.`,
    '',
    ...systems.flatMap((system) => [
      `## Sent by ${system}`,
      '',
      ...table(['subject', 'contract', 'stream', 'sent by', 'taken by'], channels.filter(([id]) => id.startsWith(`${system}.`)).map(([id, channel]) => {
        const [entity = ''] = Object.keys(channel.messages);
        return [code(channel.address), `[${entity}](../contracts/${entity}.md)`, code(channel['x-stream']), senders(id), takers(id)];
      })),
    ]),
    ...headersOf.flatMap(([name, heading]) => [`## ${heading}`, '', ...table(fieldHeads, fieldRows(document.components.schemas[name] ?? {}))]),
  ].join('\n');
}

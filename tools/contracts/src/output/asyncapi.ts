// The same contracts for tools that speak AsyncAPI 3: catalogues, code generators of other languages, documentation sites.
//
// 1. Payloads are told as consumers have to read them: open structs, and an open enum's values as examples only (C9).
// 2. The schemas use the part of JSON Schema that AsyncAPI's own schema format knows, so every tool can read them. Definitions move
//    to components: a "#/$defs/…" would point into the AsyncAPI document.
import { basename } from 'node:path';
import { stringify } from 'yaml';
import { type ContractSource, type Schema, takenFrom, type Version } from '../model';
import { open, rewrite } from '../shapes';
import { addressOf, streamsOf } from './topology';

export const ASYNCAPI = 'docs/asyncapi.yaml';

interface Message {
  readonly source: ContractSource;
  readonly version: Version;
  /** `product.v1` */
  readonly name: string;
}

export function renderAsyncApi(sources: readonly ContractSource[]): string {
  const messages = sources.flatMap((source) => source.versions.map((version): Message => ({ source, version, name: `${source.contract.entity}.v${version.major}` })));
  const document = {
    asyncapi: '3.0.0',
    info: {
      title: 'Steward',
      // Of this document's form; each contract has a version of its own.
      version: '1.0.0',
      description: 'Messages between Steward’s services. CloudEvents 1.0 in binary mode: attributes are NATS headers, the body is the data.',
      license: { name: 'Apache-2.0' },
    },
    defaultContentType: 'application/json',
    channels: Object.fromEntries(messages.flatMap((message) => channels(message, sources))),
    operations: Object.fromEntries(messages.flatMap(operations)),
    components: {
      messages: Object.fromEntries(messages.map((message) => [message.name, messageOf(message)])),
      schemas: { ...headers, ...Object.fromEntries(messages.flatMap(schemas)) },
    },
  };
  const text = stringify(document, { lineWidth: 0, aliasDuplicateObjects: false });
  return `# Generated from contracts/ by "npm run contracts -- docs": do not edit.\n${text}`;
}

const channelOf = (system: string, { name }: Message): string => `${system}.${name}`;

function channels(message: Message, sources: readonly ContractSource[]): [string, object][] {
  const { contract } = message.source;
  return contract.systems.map((system) => [
    channelOf(system, message),
    {
      address: `${addressOf(contract, system, `v${message.version.major}`)}.{key}`,
      title: `${contract.entity} of ${system}`,
      description: contract.summary,
      parameters: { key: { description: `${contract.key.from.join(` + "${contract.key.separator ?? ''}" + `)}, encoded into one subject token.` } },
      messages: { [contract.entity]: { $ref: `#/components/messages/${message.name}` } },
      tags: [{ name: contract.kind }, { name: system }],
      'x-owner': contract.owner,
      'x-stream': streamsOf(sources).find(({ subjects }) => subjects.includes(`${addressOf(contract, system, '*')}.*`))?.name,
    },
  ]);
}

/** Who sends and who receives; AsyncAPI means one application by them, so each is tagged with the service that it is said of. */
function operations(message: Message): [string, object][] {
  const { contract } = message.source;
  return contract.systems.flatMap((system): [string, object][] => {
    const channel = channelOf(system, message);
    const place = { channel: { $ref: `#/channels/${channel}` }, messages: [{ $ref: `#/channels/${channel}/messages/${contract.entity}` }] };
    return [
      [`${system}.sends.${message.name}`, { action: 'send', ...place, tags: [{ name: system }] }],
      ...contract.consumers.filter((consumer) => takenFrom(contract, consumer).includes(system)).map(({ service, builds, purpose }): [string, object] => [
        `${service}.${builds}.receives.${channel}`,
        { action: 'receive', ...place, summary: `${purpose} "${builds}", durable ${service}-${builds}`, tags: [{ name: service }] },
      ]),
    ];
  });
}

function messageOf({ source, version, name }: Message): object {
  const { contract } = source;
  const status = contract.versions.find(({ major }) => major === version.major);
  const isState = contract.kind === 'state';
  return {
    name,
    title: version.schema.title,
    summary: contract.summary,
    ...(isState ? { description: 'The whole entity. With the header ce-tombstone the body is empty: the entity is deleted.' } : {}),
    ...(status?.status === 'deprecated' ? { deprecated: true, 'x-until': status.until } : {}),
    // A command is numbered as an event is.
    headers: { $ref: `#/components/schemas/${isState ? 'StateHeaders' : 'EventHeaders'}` },
    payload: { $ref: `#/components/schemas/${name}` },
    examples: source.examples.map(({ file, data }) => ({ name: basename(file, '.json'), payload: data })),
  };
}

/** The payload and its definitions, each under a name that no other contract has. */
function schemas({ version, name }: Message): [string, object][] {
  const shown = rewrite(withExamples(version.schema), ({ $ref, $schema: _schema, $id: _id, $comment: _comment, $defs: _defs, ...node }) => ({
    ...node,
    ...($ref === undefined ? {} : { $ref: `#/components/schemas/${name}.${$ref.replace('#/$defs/', '')}` }),
  }));
  const definitions = rewrite(withExamples(version.schema), (node) => node).$defs ?? {};
  const moved = Object.entries(definitions).map(([key, node]): [string, object] => [
    `${name}.${key}`,
    rewrite(node, ({ $ref, $comment: _comment, ...rest }) => ({ ...rest, ...($ref === undefined ? {} : { $ref: `#/components/schemas/${name}.${$ref.replace('#/$defs/', '')}` }) })),
  ]);
  return [[name, shown], ...moved];
}

/** As `open`, with the values that are known today as examples. */
function withExamples(schema: Schema): Schema {
  return open(rewrite(schema, (node) => (node['x-enum'] === 'open' ? { ...node, examples: node.enum } : node)));
}

const text = (description: string): object => ({ type: 'string', description });

const attributes = {
  'Nats-Msg-Id': text('ce-id, after a change of the stream’s epoch with ":" and the epoch'),
  'ce-specversion': { type: 'string', const: '1.0' },
  'ce-id': { type: 'string', format: 'uuid' },
  'ce-type': text('<system>.<entity>.v<major>'),
  'ce-source': text('/steward/<system>'),
  'ce-subject': text('the key, in CloudEvents’ header encoding'),
  'ce-time': { type: 'string', format: 'date-time' },
  'ce-dataschema': text('$id of the schema'),
  'ce-origin': text('live, or what caused it to be sent again'),
  'ce-correlationid': text('in CloudEvents’ header encoding'),
  'ce-causationid': text('in CloudEvents’ header encoding'),
  traceparent: text('W3C trace context'),
};

const always = ['Nats-Msg-Id', 'ce-specversion', 'ce-id', 'ce-type', 'ce-source', 'ce-subject', 'ce-time', 'ce-dataschema', 'ce-origin'];
const counter = (description: string): object => ({ type: 'string', pattern: '^[0-9]+$', description });

const headers = {
  StateHeaders: {
    type: 'object',
    required: [...always, 'ce-revision'],
    properties: { ...attributes, 'ce-revision': counter('only grows per key; a lower one is never applied over a higher one'), 'ce-tombstone': { type: 'string', const: 'true' } },
  },
  EventHeaders: {
    type: 'object',
    required: [...always, 'ce-sequence'],
    properties: { ...attributes, 'ce-sequence': counter('gapless per key') },
  },
};

import { slugOf } from '../site/markdown';
import { code, table, words } from './markdown-table';
import { fieldHeads, fieldRows, type Schema, typeOf } from './schema';

interface Content {
  readonly content?: Readonly<Record<string, { readonly schema?: Schema }>>;
  readonly description?: string;
}

interface Operation {
  readonly operationId: string;
  readonly summary: string;
  readonly description?: string;
  readonly parameters?: readonly { readonly name: string; readonly in: string; readonly required?: boolean; readonly description?: string; readonly schema?: Schema }[];
  readonly requestBody?: Content;
  readonly responses: Readonly<Record<string, Content>>;
}

export interface OpenApi {
  readonly info: { readonly title: string; readonly description: string };
  readonly paths: Readonly<Record<string, Readonly<Record<string, Operation>>>>;
  readonly components: { readonly schemas?: Readonly<Record<string, Schema>> };
}

/** A page of an HTTP API: every operation with what it takes and answers, then the shapes they share. */
export function renderOpenApi(title: string, document: OpenApi, file: string): string {
  const operations = Object.entries(document.paths).flatMap(([path, methods]) => Object.entries(methods).map(([method, operation]) => ({ path, method: method.toUpperCase(), operation })));
  return [
    `# ${title}`,
    '',
    words(document.info.description),
    '',
    `The same for other tools: [${file}](/${file}), OpenAPI 3.1.`,
    '',
    ...table(['operation', 'what it is'], operations.map(({ path, method, operation }) => [`[${code(`${method} ${path}`)}](#${slugOf(`${method} ${path}`)})`, words(operation.summary)])),
    '## Operations',
    '',
    ...operations.flatMap(({ path, method, operation }) => operationLines(path, method, operation)),
    '## Shapes',
    '',
    ...Object.entries(document.components.schemas ?? {}).flatMap(([name, schema]) => [
      `### ${name}`,
      '',
      ...(schema.description === undefined ? [] : [words(schema.description), '']),
      ...(schema.properties === undefined ? [typeOf(schema), ''] : table(fieldHeads, fieldRows(schema))),
    ]),
  ].join('\n');
}

function operationLines(path: string, method: string, { operationId, summary, description, parameters = [], requestBody, responses }: Operation): readonly string[] {
  return [
    // Not by its id: a shape may have the same, and then a link to either leads to whichever comes first.
    `### ${code(`${method} ${path}`)}`,
    '',
    `${words([summary, description].filter((text) => text !== undefined).map((text) => text.replace(/\.?$/, '.')).join(' '))} Id: ${code(operationId)}.`,
    '',
    ...table(['parameter', 'in', 'type', 'required', 'meaning'], parameters.map((each) => [code(each.name), each.in, typeOf(each.schema ?? { type: 'string' }), each.required === true ? 'yes' : 'no', words(each.description)])),
    ...bodyLines('Body', requestBody),
    ...table(['answer', 'what', 'meaning'], Object.entries(responses).map(([status, answer]) => [status, bodyType(answer), words(answer.description)])),
    ...bodyLines('Answer', Object.entries(responses).find(([status]) => status.startsWith('2'))?.[1]),
  ];
}

const schemaIn = (content: Content | undefined): Schema | undefined => Object.values(content?.content ?? {})[0]?.schema;

function bodyType(content: Content): string {
  const [type] = Object.keys(content.content ?? {});
  const schema = schemaIn(content);
  return type === undefined ? '' : schema?.$ref === undefined ? code(type) : `${typeOf(schema)}, ${code(type)}`;
}

/** Fields of a shape that has no name, and so no place of its own. */
function bodyLines(what: string, content: Content | undefined): readonly string[] {
  const schema = schemaIn(content);
  if (schema === undefined) return [];
  if (schema.$ref !== undefined) return what === 'Body' ? [`${what}: ${typeOf(schema)}.`, ''] : [];
  const rows = fieldRows(schema);
  return rows.length === 0 ? [] : [`${what}:`, '', ...table(fieldHeads, rows)];
}

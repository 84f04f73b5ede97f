import { type DefinitionNode, type FieldDefinitionNode, type InputValueDefinitionNode, Kind, parse, print, type StringValueNode, type TypeNode } from 'graphql';
import { code, table, words } from './markdown-table';

const named = [Kind.OBJECT_TYPE_DEFINITION, Kind.INTERFACE_TYPE_DEFINITION, Kind.UNION_TYPE_DEFINITION, Kind.INPUT_OBJECT_TYPE_DEFINITION, Kind.ENUM_TYPE_DEFINITION, Kind.SCALAR_TYPE_DEFINITION] as const;

const groups: readonly (readonly [string, readonly string[]])[] = [
  ['Types', [Kind.OBJECT_TYPE_DEFINITION, Kind.INTERFACE_TYPE_DEFINITION, Kind.UNION_TYPE_DEFINITION]],
  ['Inputs', [Kind.INPUT_OBJECT_TYPE_DEFINITION]],
  ['Enums', [Kind.ENUM_TYPE_DEFINITION]],
  ['Scalars', [Kind.SCALAR_TYPE_DEFINITION]],
  ['Directives', [Kind.DIRECTIVE_DEFINITION]],
];
const roots = ['Query', 'Mutation', 'Subscription'];

/** A page of a GraphQL schema: what may be asked, then every type with its fields. */
export function renderGraphql(title: string, sdl: string, file: string): string {
  const { definitions } = parse(sdl);
  const known = new Set(definitions.flatMap((each) => (named.some((kind) => kind === each.kind) ? [nameOf(each)] : [])));
  const section = (heading: string, of: readonly DefinitionNode[]): readonly string[] => (of.length === 0 ? [] : [`## ${heading}`, '', ...of.flatMap((each) => definitionLines(each, known))]);
  return [
    `# ${title}`,
    '',
    `Served at \`/graphql\`, in development with an explorer at \`/graphiql\`. The same for other tools: [${file}](/${file}).`,
    '',
    ...section('What may be asked', roots.flatMap((root) => definitions.filter((each) => nameOf(each) === root))),
    ...groups.flatMap(([heading, kinds]) => section(heading, definitions.filter((each) => kinds.includes(each.kind) && !roots.includes(nameOf(each))))),
  ].join('\n');
}

const nameOf = (definition: DefinitionNode): string => ('name' in definition ? (definition.name?.value ?? '') : '');
const described = ({ description }: { readonly description?: StringValueNode | undefined }): string => words(description?.value);

function definitionLines(definition: DefinitionNode, known: ReadonlySet<string>): readonly string[] {
  const type = (node: TypeNode): string => typeText(node, known);
  const meaning = 'description' in definition ? described(definition) : '';
  return [`### ${nameOf(definition)}`, '', ...(meaning === '' ? [] : [meaning, '']), ...bodyOf(definition, type)];
}

function bodyOf(definition: DefinitionNode, type: (node: TypeNode) => string): readonly string[] {
  const argument = (each: InputValueDefinitionNode): string => `${code(each.name.value)}: ${type(each.type)}${each.defaultValue === undefined ? '' : ` = ${code(print(each.defaultValue))}`}${each.description === undefined ? '' : ` (${described(each)})`}`;
  const field = (each: FieldDefinitionNode): readonly string[] => [code(each.name.value), type(each.type), (each.arguments ?? []).map(argument).join(', '), described(each)];
  switch (definition.kind) {
    case Kind.OBJECT_TYPE_DEFINITION:
    case Kind.INTERFACE_TYPE_DEFINITION: {
      const rows = (definition.fields ?? []).map(field);
      const hasArguments = rows.some((cells) => cells[2] !== '');
      return hasArguments ? table(['field', 'type', 'arguments', 'meaning'], rows) : table(['field', 'type', 'meaning'], rows.map(([name = '', of = '', , meaning = '']) => [name, of, meaning]));
    }
    case Kind.INPUT_OBJECT_TYPE_DEFINITION:
      return table(['field', 'type', 'unless given', 'meaning'], (definition.fields ?? []).map((each) => [code(each.name.value), type(each.type), each.defaultValue === undefined ? '' : code(print(each.defaultValue)), described(each)]));
    case Kind.ENUM_TYPE_DEFINITION:
      return table(['value', 'meaning'], (definition.values ?? []).map((each) => [code(each.name.value), described(each)]));
    case Kind.UNION_TYPE_DEFINITION:
      return [(definition.types ?? []).map(type).join(' or '), ''];
    case Kind.DIRECTIVE_DEFINITION:
      return [`On ${definition.locations.map(({ value }) => code(value)).join(', ')}, with ${(definition.arguments ?? []).map(argument).join(', ')}.`, ''];
    default:
      return [];
  }
}

/** `[Product!]!`, the name a link where the schema has it. */
function typeText(node: TypeNode, known: ReadonlySet<string>): string {
  if (node.kind === Kind.NON_NULL_TYPE) return `${typeText(node.type, known)}!`;
  if (node.kind === Kind.LIST_TYPE) return `[${typeText(node.type, known)}]`;
  const name = node.name.value;
  return known.has(name) ? `[${name}](#${name.toLowerCase()})` : name;
}

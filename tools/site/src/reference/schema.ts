// JSON Schema as it stands in OpenAPI documents, as rows of a table.
import { code, words } from './markdown-table';

export interface Schema {
  readonly $ref?: string;
  readonly type?: string | readonly string[];
  readonly description?: string;
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly items?: Schema;
  readonly additionalProperties?: Schema | boolean;
  readonly enum?: readonly unknown[];
  readonly const?: unknown;
  readonly anyOf?: readonly Schema[];
  readonly oneOf?: readonly Schema[];
  readonly allOf?: readonly Schema[];
  readonly format?: string;
  readonly default?: unknown;
}

const nameOf = (reference: string): string => reference.split('/').at(-1) ?? reference;

/** One line: `array of [Product](#product)`, `"a" or "b"`, `string or null`. */
export function typeOf(schema: Schema): string {
  if (schema.$ref !== undefined) return `[${nameOf(schema.$ref)}](#${nameOf(schema.$ref).toLowerCase()})`;
  const choices = schema.anyOf ?? schema.oneOf ?? schema.allOf;
  if (choices !== undefined) return [...new Set(choices.map(typeOf))].join(schema.allOf === undefined ? ' or ' : ' and ');
  if (schema.const !== undefined) return code(JSON.stringify(schema.const));
  // What has very many values, such as every code there is, has a page of its own.
  if (schema.enum !== undefined) return schema.enum.length > 40 ? `one of ${String(schema.enum.length)} texts` : schema.enum.map((value) => code(String(value))).join(', ');
  const types = [schema.type ?? (schema.properties === undefined ? 'anything' : 'object')].flat();
  const named = types.map((type) => (type === 'array' && schema.items !== undefined ? `array of ${typeOf(schema.items)}` : type));
  const map = typeof schema.additionalProperties === 'object' && schema.properties === undefined ? ` of ${typeOf(schema.additionalProperties)} by name` : '';
  return `${named.join(' or ')}${map}${schema.format === undefined ? '' : ` (${schema.format})`}`;
}

export const fieldHeads = ['field', 'type', 'required', 'meaning'] as const;

/** Every field at any depth: `lines[].sku`; what has a name of its own is a link and goes no further. */
export function fieldRows(schema: Schema, path = ''): readonly (readonly string[])[] {
  const held = [...(schema.anyOf ?? []), ...(schema.oneOf ?? []), ...(schema.allOf ?? [])];
  const own = Object.entries(schema.properties ?? {}).flatMap(([name, property]) => {
    const at = `${path}${name}`;
    return [[code(at), typeOf(property), schema.required?.includes(name) === true ? 'yes' : 'no', words(property.description)], ...fieldsBelow(property, at)];
  });
  return [...own, ...held.flatMap((each) => fieldRows(each, path))];
}

function fieldsBelow(schema: Schema, at: string): readonly (readonly string[])[] {
  return [
    ...fieldRows(schema, `${at}.`),
    ...(schema.items === undefined ? [] : fieldsBelow(schema.items, `${at}[]`)),
    ...(typeof schema.additionalProperties === 'object' ? fieldsBelow(schema.additionalProperties, `${at}{}`) : []),
  ];
}

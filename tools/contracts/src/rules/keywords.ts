// Contracts use a part of JSON Schema 2020-12. It is small on purpose: compatibility.ts understands all of it, so that no change
// can slip through in a keyword that nobody compares.
import { type Fault, toPointer } from '../fault';
import { resolve, type Schema, typesOf } from '../model';

interface Keyword {
  readonly accepts: string;
  readonly fits: (value: unknown) => boolean;
}

const TYPES = ['string', 'integer', 'number', 'boolean', 'null', 'object', 'array'];
const FORMATS = ['date-time', 'date', 'uri', 'uuid', 'email'];

const isText = (value: unknown): boolean => typeof value === 'string' && value !== '';
const isCount = (value: unknown): boolean => Number.isInteger(value) && (value as number) >= 0;
const isSchema = (value: unknown): boolean => typeof value === 'object' && value !== null && !Array.isArray(value);
const isTexts = (value: unknown): boolean => Array.isArray(value) && value.every(isText) && new Set(value).size === value.length;

const text: Keyword = { accepts: 'text', fits: isText };
const count: Keyword = { accepts: 'an integer of at least 0', fits: isCount };
const number: Keyword = { accepts: 'a number', fits: (value) => typeof value === 'number' };
const schema: Keyword = { accepts: 'a schema', fits: isSchema };
const schemas: Keyword = { accepts: 'an object of schemas', fits: (value) => isSchema(value) && Object.values(value as object).every(isSchema) };
const oneOf = (values: readonly string[]): Keyword => ({ accepts: values.join(', '), fits: (value) => values.includes(value as string) });

export const keywords: Readonly<Record<string, Keyword>> = {
  $schema: oneOf(['https://json-schema.org/draft/2020-12/schema']),
  $id: text,
  $ref: { accepts: '#/$defs/<name>', fits: (value) => typeof value === 'string' && /^#\/\$defs\/[^/]+$/.test(value) },
  $defs: schemas,
  $comment: text,
  title: text,
  description: text,
  type: {
    accepts: `one or several of ${TYPES.join(', ')}`,
    fits: (value) => TYPES.includes(value as string) || (isTexts(value) && (value as string[]).length > 0 && (value as string[]).every((type) => TYPES.includes(type))),
  },
  properties: schemas,
  required: { accepts: 'different names of properties', fits: isTexts },
  additionalProperties: { accepts: 'the schema of a map’s values; a struct is closed and opened by the compiler', fits: isSchema },
  propertyNames: schema,
  minProperties: count,
  maxProperties: count,
  items: schema,
  minItems: count,
  maxItems: count,
  uniqueItems: { accepts: 'true', fits: (value) => value === true },
  enum: { accepts: 'different values', fits: (value) => Array.isArray(value) && value.length > 0 && new Set(value).size === value.length },
  default: { accepts: 'the value that stands for an unknown one of an open enum', fits: isText },
  minLength: count,
  maxLength: count,
  pattern: { accepts: 'a regular expression', fits: isPattern },
  format: oneOf(FORMATS),
  minimum: number,
  maximum: number,
  multipleOf: { accepts: 'a number above 0', fits: (value) => typeof value === 'number' && value > 0 },
  'x-authority': { accepts: 'a system of the contract, or several', fits: (value) => isText(value) || (isTexts(value) && (value as string[]).length > 0) },
  'x-pii': { accepts: 'true, false', fits: (value) => typeof value === 'boolean' },
  'x-audience': oneOf(['public', 'internal']),
  'x-freshness': text,
  'x-enum': oneOf(['open', 'closed']),
};

function isPattern(value: unknown): boolean {
  try {
    return typeof value === 'string' && new RegExp(value, 'u') instanceof RegExp;
  } catch {
    return false;
  }
}

/** Faults in the words of one schema file; what they refer to is the lint's matter. */
export function lintKeywords(file: string, root: Schema): readonly Fault[] {
  const faults: Fault[] = [];
  const say = (pointer: string, message: string, accepted: string): void => void faults.push({ code: 'CONTRACT_SCHEMA_INVALID', file, pointer, message, accepted });

  const visit = (node: Schema, pointer: string): void => {
    for (const [name, value] of Object.entries(node)) {
      const keyword = keywords[name];
      if (keyword === undefined) say(pointer + toPointer(name), `unknown keyword "${name}"`, Object.keys(keywords).join(', '));
      else if (!keyword.fits(value)) say(pointer + toPointer(name), `${JSON.stringify(value)} does not fit "${name}"`, keyword.accepts);
    }
    lintShape(node, pointer);
    for (const holder of ['$defs', 'properties'] as const) {
      if (!schemas.fits(node[holder])) continue;
      for (const [name, inner] of Object.entries(node[holder] ?? {})) visit(inner, pointer + toPointer(holder, name));
    }
    for (const holder of ['additionalProperties', 'propertyNames', 'items'] as const) {
      if (isSchema(node[holder])) visit(node[holder] as Schema, pointer + toPointer(holder));
    }
  };

  const lintShape = (node: Schema, pointer: string): void => {
    if (node.$ref !== undefined) {
      if (resolve(node, root).type === undefined) say(pointer + '/$ref', `${node.$ref} is not defined`, Object.keys(root.$defs ?? {}).map((name) => `#/$defs/${name}`).join(', ') || 'a definition in $defs');
      const beside = Object.keys(node).filter((name) => name !== '$ref' && name !== 'description' && !name.startsWith('x-'));
      if (beside.length > 0) say(pointer, `${beside.join(', ')} beside $ref`, 'description and x- keywords beside $ref');
      return;
    }
    const types = typesOf(node);
    if (types.length === 0) say(pointer, '"type" is missing', keywords['type']?.accepts ?? '');
    if (types.includes('object') && (node.properties === undefined) === (node.additionalProperties === undefined)) {
      say(pointer, 'an object is either a struct or a map', '"properties" for a struct, "additionalProperties" for a map');
    }
    if (types.includes('array') && node.items === undefined) say(pointer, '"items" is missing', 'the schema of the items');
    for (const name of isTexts(node.required) ? (node.required ?? []) : []) {
      if (node.properties?.[name] === undefined) say(pointer + '/required', `"${name}" is not a property`, Object.keys(node.properties ?? {}).join(', '));
    }
    lintEnum(node, pointer);
  };

  const lintEnum = (node: Schema, pointer: string): void => {
    const openness = node['x-enum'];
    if (node.enum === undefined) {
      if (openness !== undefined || node['default'] !== undefined) say(pointer, 'x-enum or default without enum', 'both only beside enum');
      return;
    }
    if (openness === undefined) say(pointer, 'the enum does not say whether it may grow', '"x-enum": open, closed');
    if (openness === 'open' && !node.enum.includes(node['default'])) say(pointer + '/default', 'an open enum needs the value that stands for unknown ones (C9)', node.enum.join(', '));
    if (openness === 'open' && node.type !== 'string') say(pointer + '/type', 'an open enum is text', 'string');
    if (openness === 'closed' && node['default'] !== undefined) say(pointer + '/default', 'an unknown value of a closed enum has no substitute (C9)', 'no default');
  };

  visit(root, '');
  if (faults.length === 0) faults.push(...recursion(file, root));
  return faults;
}

/** Entities are trees: a definition that holds itself would have no bound and no end in the comparison. */
function recursion(file: string, root: Schema): readonly Fault[] {
  const references = (node: Schema): readonly string[] =>
    JSON.stringify(node).match(/"\$ref":"#\/\$defs\/[^"]+"/g)?.map((match) => match.slice('"$ref":"#/$defs/'.length, -1)) ?? [];
  return Object.keys(root.$defs ?? {}).flatMap((name): Fault[] => {
    const seen = new Set<string>();
    const waiting = [...references(root.$defs?.[name] ?? {})];
    for (let next = waiting.pop(); next !== undefined; next = waiting.pop()) {
      if (seen.has(next)) continue;
      seen.add(next);
      waiting.push(...references(root.$defs?.[next] ?? {}));
    }
    if (!seen.has(name)) return [];
    return [{ code: 'CONTRACT_SCHEMA_INVALID', file, pointer: toPointer('$defs', name), message: 'the definition holds itself', accepted: 'definitions without a cycle' }];
  });
}

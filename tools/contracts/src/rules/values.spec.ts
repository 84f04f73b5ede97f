// Values that the producer of a schema may send, as chance gives them.
import type { ValidateFunction } from 'ajv/dist/2020';
import fc from 'fast-check';
import { createAjv } from '../ajv';
import { resolve, type Schema, typesOf } from '../model';

export const compile = (schema: Schema): ValidateFunction => createAjv({ allErrors: false, validateSchema: false }).compile({ ...schema, $id: 'schema' });
const number = (schema: Schema, keyword: string, otherwise: number): number => (schema[keyword] as number | undefined) ?? otherwise;

/** As it comes from the wire: no object without a prototype, no minus zero. */
export const sent = (value: unknown): unknown => JSON.parse(JSON.stringify(value));

/** Values that the schema's producer may send. */
export function valuesOf(given: Schema, root: Schema): fc.Arbitrary<unknown> {
  const schema = resolve(given, root);
  if (schema.enum !== undefined) return fc.constantFrom(...schema.enum);
  return fc.oneof(...typesOf(schema).map((type) => valuesOfType(type, schema, root)));
}

function valuesOfType(type: string, schema: Schema, root: Schema): fc.Arbitrary<unknown> {
  const count = (least: string, most: string): { min: number; max: number } => {
    const min = number(schema, least, 0);
    return { min, max: Math.min(number(schema, most, min + 3), min + 3) };
  };
  switch (type) {
    case 'string':
      return texts(schema);
    case 'integer': {
      const step = number(schema, 'multipleOf', 1);
      const [min, max] = [number(schema, 'minimum', -100), number(schema, 'maximum', 100)];
      return fc.integer({ min: Math.ceil(min / step), max: Math.max(Math.ceil(min / step), Math.floor(max / step)) }).map((value) => value * step);
    }
    case 'number':
      return fc.double({ min: number(schema, 'minimum', -100), max: number(schema, 'maximum', 100), noNaN: true });
    case 'boolean':
      return fc.boolean();
    case 'null':
      return fc.constant(null);
    case 'array': {
      const { min, max } = count('minItems', 'maxItems');
      const items = valuesOf(schema.items ?? {}, root);
      const size = { minLength: min, maxLength: max };
      return schema['uniqueItems'] === true ? fc.uniqueArray(items, { ...size, selector: (value) => JSON.stringify(value) }) : fc.array(items, size);
    }
    default:
      return objects(schema, root, count('minProperties', 'maxProperties'));
  }
}

function objects(schema: Schema, root: Schema, size: { min: number; max: number }): fc.Arbitrary<unknown> {
  if (schema.properties === undefined) {
    const names = schema.propertyNames === undefined ? fc.string() : texts(resolve(schema.propertyNames, root));
    return fc.dictionary(names.filter((name) => name !== '__proto__'), valuesOf(schema.additionalProperties || {}, root), { minKeys: size.min, maxKeys: size.max });
  }
  const fields = Object.fromEntries(Object.entries(schema.properties).map(([name, node]) => [name, valuesOf(node, root)]));
  return fc.record(fields, { requiredKeys: [...(schema.required ?? [])] });
}

const samples = ['https://a.example/1', 'de-AT', 'en', '4006381333931', 'EUR', 'eu', 'DE', 'W-2703-00042', 'c2FtcGxlLW9mLWEtY2FydA', 'a'];

function texts(schema: Schema): fc.Arbitrary<string> {
  if (schema.format === 'date-time') return fc.date({ noInvalidDate: true, min: new Date(0), max: new Date('2100-01-01T00:00:00Z') }).map((date) => date.toISOString());
  if (schema.format === 'email') return fc.emailAddress();
  if (schema.format === 'uri') return fc.webUrl();
  const minLength = number(schema, 'minLength', 0);
  const maxLength = Math.min(number(schema, 'maxLength', minLength + 8), minLength + 8);
  if (schema.pattern === undefined) return fc.string({ minLength, maxLength });
  const pattern = new RegExp(schema.pattern, 'u');
  const fits = (value: string): boolean => pattern.test(value) && value.length >= minLength && value.length <= number(schema, 'maxLength', Infinity);
  // Without one that fits, chance would be asked for ever.
  if (!samples.some(fits)) throw new Error(`no sample fits ${schema.pattern}: add one`);
  return fc.oneof(fc.constantFrom(...samples), fc.string({ minLength, maxLength })).filter(fits);
}

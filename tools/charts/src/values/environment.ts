// `env`, `existingSecret` and `secretKeys` of a chart, from the shapes that the service itself reads at its start.
import { describeVariable } from '@steward/platform';
import { z } from 'zod';
import { split } from '../services/facts';
import type { Service } from '../services/services';
import type { Shape } from '../services/variables';
import type { JsonSchema, Leaf } from './node';

/** What the schema of a variable says in JSON Schema; a value that can't be said in it is judged by the service when it starts. */
export function variableSchema(schema: z.ZodType): JsonSchema {
  const comesOut = z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' });
  if (comesOut.type === 'boolean') return { type: 'boolean' };
  if (comesOut.type === 'integer' || comesOut.type === 'number') {
    // zod writes the bounds of a safe integer, which no value here comes near.
    const bounds = Object.entries({ minimum: comesOut.minimum, maximum: comesOut.maximum }).filter(([, bound]) => typeof bound === 'number' && Math.abs(bound) < Number.MAX_SAFE_INTEGER);
    return { type: comesOut.type, ...Object.fromEntries(bounds) };
  }
  const goesIn = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  return { type: 'string', minLength: 1, ...(goesIn.enum === undefined ? {} : { enum: goesIn.enum }) };
}

const pick = (shape: Shape, names: readonly string[]): [string, z.ZodType][] => names.flatMap((name) => (shape[name] === undefined ? [] : [[name, shape[name]]]));

export function environmentValues(service: Service): { readonly fields: Readonly<Record<string, Leaf>>; readonly rules: JsonSchema[] } {
  const { shape, connectors } = service.variables();
  const merged: Shape = Object.assign({}, ...Object.values(connectors), shape) as Shape;
  const { plain, required, optional } = split(merged, service.managed);
  const secrets = [...required, ...optional];
  const place = { type: 'object', additionalProperties: false, required: ['name', 'key'], properties: { name: { type: 'string', minLength: 1 }, key: { type: 'string', minLength: 1 } } };
  const vendorOf = (name: string): string => {
    const vendors = Object.keys(connectors).filter((vendor) => connectors[vendor]?.[name] !== undefined && shape[name] === undefined);
    return vendors.length === 0 ? '' : ` (${vendors.join(', ')})`;
  };
  const keys = (names: readonly string[]): NonNullable<Leaf['keys']> =>
    pick(merged, names).map(([name, schema]) => {
      const { accepted, fallback, required: needed } = describeVariable(schema);
      return { name, doc: `${accepted}${vendorOf(name)}`, fallback: needed ? 'required' : (fallback ?? '') };
    });
  return {
    fields: {
      ...(Object.keys(connectors).length === 0 ? {} : { connector: { doc: 'vendor of the system of record', default: undefined, required: true, schema: { type: 'string', enum: Object.keys(connectors) } } }),
      env: {
        doc: 'variables of the service that are no secrets; what is not named here keeps the service’s own default',
        default: {},
        schema: { type: 'object', additionalProperties: false, properties: Object.fromEntries(pick(merged, plain).map(([name, schema]) => [name, { ...variableSchema(schema), description: describeVariable(schema).accepted }])) },
        keys: keys(plain),
      },
      existingSecret: {
        doc: 'Secret whose keys are the names of the variables below; the chart makes none',
        default: `steward-${service.name}`,
        schema: { type: 'string', minLength: 1, maxLength: 253, pattern: '^[a-z0-9]([a-z0-9.-]*[a-z0-9])?$' },
        keys: keys(secrets),
      },
      secretKeys: {
        doc: 'for a variable that lies in another Secret or under another key: `{ name, key }`',
        default: {},
        schema: { type: 'object', additionalProperties: false, properties: Object.fromEntries(secrets.map((name) => [name, place])) },
      },
    },
    rules: Object.entries(connectors).map(([vendor, own]) => connectorRule(service, shape, vendor, own)),
  };
}

/** A variable of another vendor is a mistake, and one that this vendor can't do without has to be there. */
function connectorRule(service: Service, shape: Shape, vendor: string, own: Shape): JsonSchema {
  const { plain } = split({ ...own, ...shape }, service.managed);
  const needed = pick({ ...own, ...shape }, plain).filter(([, schema]) => describeVariable(schema).required).map(([name]) => name);
  return {
    if: { properties: { connector: { const: vendor } }, required: ['connector'] },
    then: { properties: { env: { propertyNames: { enum: plain }, required: needed } } },
  };
}

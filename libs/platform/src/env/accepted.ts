import { z } from 'zod';

export interface Described {
  /** What is accepted, in words. */
  readonly accepted: string;
  readonly required: boolean;
  /** Why production mode does not start without it, where the schema itself would. */
  readonly neededInProduction: string | undefined;
  /** The default as it would be written in the environment. */
  readonly fallback: string | undefined;
}

/** What may be left out everywhere but in production, and why not there. */
export const neededInProduction = z.registry<{ readonly why: string }>();

type Facts = z.core.JSONSchema.BaseSchema;

/** Says in words what a variable accepts: its own description if it has one, else what can be derived from its schema. */
export function describe(schema: z.core.$ZodType): Described {
  const required = !z.safeParse(schema, undefined).success;
  const facts = factsOf(schema);
  const fallback = facts.default === undefined ? undefined : typeof facts.default === 'string' ? facts.default : JSON.stringify(facts.default);
  return { accepted: facts.description ?? inWords(facts), required, neededInProduction: neededInProduction.get(schema)?.why, fallback };
}

function factsOf(schema: z.core.$ZodType): Facts {
  const json: Facts = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' });
  // Coerced numbers accept anything on their way in; what they accept in truth is said by what comes out.
  if (json.type !== undefined || json.enum !== undefined) return json;
  return { ...z.toJSONSchema(schema, { io: 'output', unrepresentable: 'any' }), ...json };
}

function inWords(facts: Facts): string {
  if (facts.enum !== undefined) return facts.enum.map(String).join(' | ');
  if (facts.type === 'integer' || facts.type === 'number') {
    const kind = facts.type === 'integer' ? 'a whole number' : 'a number';
    // zod writes the bounds of a safe integer, which say nothing to a reader.
    const from = facts.minimum !== undefined && facts.minimum > Number.MIN_SAFE_INTEGER ? ` from ${facts.minimum}` : '';
    const to = facts.maximum !== undefined && facts.maximum < Number.MAX_SAFE_INTEGER ? ` to ${facts.maximum}` : '';
    return kind + from + to;
  }
  if (facts.type === 'boolean') return 'true | false';
  if (facts.pattern !== undefined) return `text that matches ${facts.pattern}`;
  return (facts.minLength ?? 0) > 0 ? 'a text that is not empty' : 'a text';
}

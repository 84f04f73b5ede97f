import { parseStrictJson, placesOf, problemOf, RejectedError, type Problem, type ProblemPlace } from '@steward/platform';
import type { z } from 'zod';

/** A request that names several faults at once. */
export class Refusal extends RejectedError {
  constructor(readonly places: readonly ProblemPlace[]) {
    const [first] = places;
    const where = first === undefined || first.pointer === '' ? 'the body' : first.pointer;
    super('OPERATIONS_INPUT_REFUSED', first === undefined ? 'the input is refused' : `${where} ${first.detail}`);
  }

  problem(): Problem {
    return problemOf(this.code, this.detail, this.places);
  }
}

/** One place, in the words of a refusal. */
export const refused = (pointer: string, detail: string, accepted: string): Refusal => new Refusal([{ pointer, detail, accepted }]);

export function readBody(text: unknown, schema: z.ZodType | undefined): unknown {
  if (schema === undefined) {
    if (text === undefined || text === null || text === '') return undefined;
    throw refused('', 'is not expected', 'no body');
  }
  const parsed = parseStrictJson(typeof text === 'string' ? text : '');
  if (!parsed.ok) throw refused(parsed.fault.pointer, parsed.fault.detail, parsed.fault.accepted);
  return readInput(parsed.value, schema);
}

export function readInput(value: unknown, schema: z.ZodType): unknown {
  const checked = schema.safeParse(value);
  if (checked.success) return checked.data;
  throw new Refusal(placesOf(checked.error, value));
}

/** As `readInput`; a body's texts are free of NUL by its parser, and PostgreSQL has no text that holds it. */
export function readQuery(query: unknown, schema: z.ZodType): unknown {
  const odd = Object.entries(query as Record<string, unknown>).find(([, value]) => typeof value === 'string' && value.includes('\0'));
  if (odd !== undefined) throw refused(`/${odd[0]}`, 'holds the character NUL', 'text without it');
  return readInput(query, schema);
}

import { z } from 'zod';
import { Faulty } from '../problem';

const flag = z.enum(['true', 'false']).default('false').transform((text) => text === 'true');
const webhook = z.enum(['lose', 'twice', 'late']).optional();
const whole = (max: number) => z.string().regex(/^\d+$/, 'a whole number').transform(Number).pipe(z.number().max(max));

export const writeQuery = z.strictObject({
  id: z.string().min(1).optional(),
  commitAfterMs: whole(3_600_000).default(0),
  webhook,
  unchecked: flag,
});

export const removeQuery = z.strictObject({ id: z.string().min(1).optional(), webhook });

export const listQuery = z.strictObject({
  id: z.string().min(1).optional(),
  after: z.string().default(''),
  limit: whole(100_000).pipe(z.number().min(1)).optional(),
});

/** All faults of a query string in one answer, each with what is accepted. */
export function parseQuery<T extends z.ZodType>(schema: T, query: unknown): z.output<T> {
  return parse(schema, query, 'SANDBOX_PARAMETER_INVALID', 'a parameter is not accepted', '');
}

export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  return parse(schema, body, 'SANDBOX_BODY_INVALID', 'the body is not accepted', '/');
}

function parse<T extends z.ZodType>(schema: T, given: unknown, code: 'SANDBOX_PARAMETER_INVALID' | 'SANDBOX_BODY_INVALID', detail: string, prefix: string): z.output<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  const names = schema instanceof z.ZodObject ? Object.keys(schema.shape) : [];
  throw new Faulty(
    code,
    detail,
    parsed.error.issues.map((issue) => ({
      pointer: prefix + (issue.code === 'unrecognized_keys' ? issue.keys.join(', ') : issue.path.join('/')),
      detail: issue.message,
      accepted: names.join(', ') || 'none',
    })),
  );
}

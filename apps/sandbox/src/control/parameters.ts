import { z } from 'zod';
import { describeVariable, type ErrorCode } from '@steward/platform';
import { Faulty } from '../problem';
import { pointerOf } from '../records/systems';

const flag = z.enum(['true', 'false']).default('false').transform((text) => text === 'true');
const webhook = z.enum(['lose', 'twice', 'late']).optional();
const whole = (min: number, max: number) => z.string().regex(/^\d+$/, 'a whole number').transform(Number).pipe(z.number().min(min).max(max)).describe(`a whole number from ${min} to ${max}`);

export const writeQuery = z.strictObject({
  id: z.string().min(1).optional(),
  commitAfterMs: whole(0, 3_600_000).default(0),
  webhook,
  unchecked: flag,
  unstamped: flag,
});

export const removeQuery = z.strictObject({ id: z.string().min(1).optional(), webhook });

export const listQuery = z.strictObject({
  id: z.string().min(1).optional(),
  after: z.string().default(''),
  limit: whole(1, 100_000).optional(),
});

/** All faults of a query string in one answer, each with what is accepted. */
export function parseQuery<T extends z.ZodType>(schema: T, query: unknown): z.output<T> {
  return parse(schema, query, (path) => path.join('.'), 'SANDBOX_PARAMETER_INVALID', 'a parameter is not accepted');
}

export function parseBody<T extends z.ZodType>(schema: T, body: unknown): z.output<T> {
  return parse(schema, body, pointerOf, 'SANDBOX_BODY_INVALID', 'the body is not accepted');
}

function parse<T extends z.ZodType>(schema: T, given: unknown, toPointer: (path: readonly PropertyKey[]) => string, code: ErrorCode, detail: string): z.output<T> {
  const parsed = schema.safeParse(given);
  if (parsed.success) return parsed.data;
  throw new Faulty(
    code,
    detail,
    parsed.error.issues.flatMap((issue) => {
      const accepted = acceptedBy(fieldOf(schema, issue.path));
      // zod's path ends at the object that has no such keys.
      const paths = issue.code === 'unrecognized_keys' ? issue.keys.map((key) => [...issue.path, key]) : [issue.path];
      return paths.map((path) => ({ pointer: toPointer(path), detail: issue.message, accepted }));
    }),
  );
}

function fieldOf(schema: z.core.$ZodType, path: readonly PropertyKey[]): z.core.$ZodType {
  if (schema instanceof z.ZodOptional || schema instanceof z.ZodDefault) return fieldOf(schema.unwrap(), path);
  const [name, ...rest] = path;
  const field: z.core.$ZodType | undefined = schema instanceof z.ZodObject ? (schema.shape as Record<PropertyKey, z.core.$ZodType>)[name ?? ''] : undefined;
  return field === undefined ? schema : fieldOf(field, rest);
}

function acceptedBy(schema: z.core.$ZodType): string {
  return schema instanceof z.ZodObject ? Object.keys(schema.shape).join(', ') || 'none' : describeVariable(schema).accepted;
}

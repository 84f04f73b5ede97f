/**
 * An address of /ops/v1 as data: what it takes, who may, what it does. Checks, problems, audit of denials and the OpenAPI page are made
 * from it, so a feature can't forget them.
 */
import type { FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { type Answered, EVENT_STREAM } from './answer';
import type { Operator, Role } from './roles';

export interface Asking<Q = unknown, B = unknown> {
  readonly who: Operator;
  readonly params: Readonly<Record<string, string>>;
  readonly query: Q;
  readonly body: B;
  readonly traceId: string;
  /** Throws OPERATIONS_ROLE_MISSING after the denial is in the audit. `subject` is what they wanted to see or change. */
  readonly allow: (role: Role, owner: string, subject: string) => Promise<void>;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** What a route says under its other status. */
export class Answer<B = unknown> {
  constructor(
    readonly status: 200 | 202,
    readonly body: B,
  ) {}
}

export interface Route {
  readonly method: 'GET' | 'POST';
  /** Below /ops/v1, parameters in braces. */
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  /** The least role, for whichever owner; a handler that knows the owner asks `allow`. */
  readonly role: Role;
  readonly query: z.ZodType;
  readonly body: z.ZodType | undefined;
  /** What `status` holds. */
  readonly answer: AnswerKind;
  readonly status: 200 | 202;
  readonly otherwise: Otherwise | undefined;
  readonly handle: (asking: Asking) => Promise<unknown>;
}

type AnswerKind = z.ZodType | typeof EVENT_STREAM;

/** The other status that a route may answer with, and what it holds then. */
interface Otherwise<O extends z.ZodType = z.ZodType> {
  readonly status: 200 | 202;
  readonly answer: O;
}

/** What was sent already is the reply itself. */
type Returned<A extends AnswerKind, O extends z.ZodType> = A extends z.ZodType ? Answered<A> | Answer<Answered<O>> : FastifyReply;

export interface RouteSpec<Q extends z.ZodRawShape, B extends z.ZodType, A extends AnswerKind, O extends z.ZodType> {
  readonly method: 'GET' | 'POST';
  readonly path: string;
  readonly operationId: string;
  readonly summary: string;
  readonly role: Role;
  readonly query?: Q;
  readonly body?: B;
  readonly answer: A;
  /** Without it 200. */
  readonly status?: 200 | 202;
  readonly otherwise?: Otherwise<O>;
  /** The compiler holds what it returns against `answer`; that it returns no more than that is seen by the specs of the desk. */
  readonly handle: (asking: Asking<z.output<z.ZodObject<Q>>, z.output<B>>) => Promise<Returned<A, O>>;
}

/** Parameters that are not known are refused: a misspelt filter would else show, or retry, everything. */
export function defineRoute<A extends AnswerKind, Q extends z.ZodRawShape = Record<never, never>, B extends z.ZodType = z.ZodUndefined, O extends z.ZodType = z.ZodNever>(spec: RouteSpec<Q, B, A, O>): Route {
  const names = Object.keys(spec.query ?? {});
  const query = z.strictObject(spec.query ?? {}, { error: names.length === 0 ? 'no query parameters' : names.join(', ') });
  return { status: 200, ...spec, query, body: spec.body, otherwise: spec.otherwise, handle: (asking) => spec.handle(asking as Asking<z.output<z.ZodObject<Q>>, z.output<B>>) };
}

const REASON = 'why, in 3 to 500 characters';

/** Every act says why, and can be asked what it would do. */
export const actFields = {
  reason: z.string({ error: REASON }).trim().min(3, { error: REASON }).max(500, { error: REASON }),
  dryRun: z.boolean({ error: 'true or false' }).default(false),
};

/** The body of an act: reason and dryRun beside its own fields. */
export function act<S extends z.ZodRawShape>(shape: S) {
  const names = Object.keys({ ...actFields, ...shape });
  return z.strictObject({ ...actFields, ...shape }, { error: `an object of ${names.join(', ')}` });
}

const WHOLE = 'a whole number from 1 to 250';

/** A flag of a query: `reveal=ture` is a mistake and not false. */
export const flag = z.enum(['true', 'false'], { error: 'true or false' }).transform((text) => text === 'true');

export const pageFields = {
  first: z.string().regex(/^[0-9]{1,3}$/, { error: WHOLE }).transform(Number).refine((first) => first >= 1 && first <= 250, { error: WHOLE }).default(50),
  after: z.string({ error: 'a cursor of an earlier page of the same list' }).min(1).max(2_000).optional(),
};

/**
 * Words that answers are described in. A schema stands beside the view it describes: the compiler holds what handlers return against it, the
 * OpenAPI document is made of it, and the desk's specs hold every answer they receive against that document. Nothing is parsed while serving.
 */
import type { Owner } from '@steward/contracts';
import { type ErrorCode, errorTable, type Problem } from '@steward/platform';
import { z } from 'zod';

/** What code may return where this is described, and what may be done with it: reading. */
export type Answered<S extends z.ZodType> = Seen<z.output<S>>;

type Seen<T> = T extends Date ? T : T extends readonly (infer E)[] ? readonly Seen<E>[] : T extends object ? { readonly [N in keyof T]: Seen<T[N]> } : T;

/** Server-sent events, and no JSON. */
export const EVENT_STREAM = 'text/event-stream';

/** An instant as services tell it. */
export const instant = z.iso.datetime({ offset: true });

/** An instant as the database has it: a Date in the code, and the text that JSON makes of it in the answer. */
export const storedInstant = z.iso.datetime() as unknown as z.ZodType<Date>;

export const owner = z.object({ team: z.string(), contact: z.string(), escalation: z.string(), runbook: z.string() }).meta({ id: 'Owner', description: 'Who answers for it, how they are reached, and what they go by.' }) satisfies z.ZodType<Owner>;

/** In the place of what its holder would have said. */
export const unavailable = z.object({ service: z.string(), code: z.string(), detail: z.string().nullable() }).meta({ id: 'Unavailable', description: 'Which service could not be asked, and why.' });

const position = z.object({ first: z.int(), hasNext: z.boolean(), next: z.string().nullable().describe('To be given as `after` for the page behind this one.') }).meta({ id: 'Page', description: 'Where in the list this page is.' });

export const pageAnswer = <S extends z.ZodType>(item: S) => z.object({ items: z.array(item), page: position });

export const problem = z
  .object({
    type: z.string(), title: z.string(), status: z.int(), code: z.enum(Object.keys(errorTable) as [ErrorCode, ...ErrorCode[]]), detail: z.string(),
    errors: z.array(z.object({ pointer: z.string(), detail: z.string(), accepted: z.string() })), traceId: z.string(),
  })
  .meta({ id: 'Problem', description: 'RFC 9457 with a code; `errors` names each place that is meant and what is accepted there.' }) satisfies z.ZodType<Problem>;

import { parseStrictJson, placesOf, RejectedError, type ErrorCode, type JsonValue, type ProblemPlace } from '@steward/platform';
import type { z } from 'zod';

/** What a request asks for, or why it is refused: the code and each place that is meant. */
export type Read<T> = { readonly ok: true; readonly value: T } | { readonly ok: false; readonly code: ErrorCode; readonly detail: string; readonly places: readonly ProblemPlace[] };

/** A body of REST as data. */
export function parseBody(text: unknown): Read<JsonValue> {
  const parsed = parseStrictJson(typeof text === 'string' ? text : '');
  if (parsed.ok) return parsed;
  const { kind, pointer, detail, accepted } = parsed.fault;
  return { ok: false, code: kind === 'malformed' ? 'GATEWAY_BODY_REFUSED' : 'GATEWAY_INPUT_REFUSED', detail, places: [{ pointer, detail, accepted }] };
}

/** The messages of the schema say what is accepted. */
export function readBody<T>(text: unknown, schema: z.ZodType<T>): Read<T> {
  const parsed = parseBody(text);
  return parsed.ok ? readInput(parsed.value, schema) : parsed;
}

/** What is already data, such as the input of a mutation. */
export function readInput<T>(value: unknown, schema: z.ZodType<T>): Read<T> {
  const checked = schema.safeParse(value);
  if (checked.success) return { ok: true, value: checked.data };
  const places = placesOf(checked.error, value);
  const [first] = places;
  return { ok: false, code: 'GATEWAY_INPUT_REFUSED', detail: first === undefined ? 'the input is refused' : `${first.pointer === '' ? 'the body' : first.pointer} ${first.detail}`, places };
}

/** The same text for equal values, however they were written: what a request's hash is taken of (S4). */
export function canonicalText(value: JsonValue): string {
  if (Array.isArray(value)) return `[${value.map(canonicalText).join(',')}]`;
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  const members = Object.keys(value).toSorted().map((name) => `${JSON.stringify(name)}:${canonicalText(value[name] ?? null)}`);
  return `{${members.join(',')}}`;
}

/** For a query that is refused as a whole: mutations and REST tell each place. */
export function orThrow<T>(read: Read<T>): T {
  if (read.ok) return read.value;
  const [place] = read.places;
  throw new RejectedError(read.code, read.detail, place === undefined ? {} : { place: place.pointer, accepted: place.accepted });
}

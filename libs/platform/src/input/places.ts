import type { z } from 'zod';
import type { ProblemPlace } from '../errors/problem';

const MOST_PLACES = 20;

/** Each place of an input that its schema refuses. The messages of the schema say what is accepted. */
export function placesOf(error: z.ZodError, value: unknown): ProblemPlace[] {
  // A field may break two rules of one kind; their message is the same.
  return [...new Map(error.issues.flatMap((issue) => placesOfIssue(issue, value)).map((place) => [`${place.pointer}\n${place.accepted}`, place])).values()].slice(0, MOST_PLACES);
}

function placesOfIssue(issue: z.core.$ZodIssue, value: unknown): ProblemPlace[] {
  const pointer = issue.path.map((part) => `/${token(String(part))}`).join('');
  if (issue.code === 'unrecognized_keys') return issue.keys.map((key) => ({ pointer: `${pointer}/${token(key)}`, detail: 'is not known here', accepted: issue.message }));
  const found = valueAt(value, issue.path);
  return [{ pointer, detail: found === undefined ? 'is missing' : `is ${quoted(found)}`, accepted: issue.message }];
}

/** RFC 6901. */
const token = (part: string): string => part.replaceAll('~', '~0').replaceAll('/', '~1');

function valueAt(value: unknown, path: readonly PropertyKey[]): unknown {
  return path.reduce<unknown>((inner, part) => (typeof inner === 'object' && inner !== null && Object.hasOwn(inner, part) ? (inner as Record<PropertyKey, unknown>)[part] : undefined), value);
}

/** A value as a refusal quotes it, cut where it is long. */
export function quoted(value: unknown): string {
  const text = JSON.stringify(value) ?? typeof value;
  return text.length > 80 ? `${text.slice(0, 80)}…` : text;
}

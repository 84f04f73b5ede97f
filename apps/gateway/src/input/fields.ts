/** Building blocks of inputs. The message of each is what would be accepted, because that is what a refusal tells. */
import { z } from 'zod';

/** Unknown fields are refused: a misspelt `quantitiy` would else be an order of something else. */
export function fields<S extends z.core.$ZodLooseShape>(shape: S) {
  return z.strictObject(shape, { error: `an object of ${Object.keys(shape).join(', ')}` });
}

export function text(most: number, what = 'text') {
  const error = `${what} of 1 to ${String(most)} characters`;
  return z.string({ error }).min(1, { error }).max(most, { error }).refine((value) => value.trim() !== '', { error });
}

export function whole(least: number, most: number) {
  const error = `a whole number from ${String(least)} to ${String(most)}`;
  return z.int({ error }).min(least, { error }).max(most, { error });
}

export function listOf<T extends z.ZodType>(items: T, most: number, least = 1) {
  const error = `a list of ${String(least)} to ${String(most)} items`;
  return z.array(items, { error }).min(least, { error }).max(most, { error });
}

/** Absent and null mean the same in an input: nothing is said. */
export function optional<T extends z.ZodType>(type: T) {
  return type.nullish().transform((value) => value ?? null);
}

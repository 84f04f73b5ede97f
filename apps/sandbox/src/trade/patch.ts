import { z } from 'zod';

/** The schema of a change: absent leaves a field as it is, null clears it. A default would fill what was left alone, so it goes. */
export function patchOf({ shape }: z.ZodObject): z.ZodObject {
  const fields = Object.entries(shape).map(([name, field]) => [name, z.optional(field instanceof z.ZodDefault ? field.unwrap() : field)]);
  return z.strictObject(Object.fromEntries(fields) as z.ZodRawShape);
}

// One question at a time, with everything that the answer says: what peers are given, and what they are compared with.
import { isDeepStrictEqual } from 'node:util';
import type { Asked } from './questions';
import type { KnownAnswer } from './peers/raw';

/** Headers that a bare server repeats. */
const KEPT = ['content-type', 'etag'];

export type Answer = Omit<KnownAnswer, 'path'>;

export async function ask(url: string, { method, path, headers, body }: Asked): Promise<Answer> {
  const answer = await fetch(url + path, { method, headers, ...(body === undefined ? {} : { body }) });
  const bytes = new Uint8Array(await answer.arrayBuffer());
  if (answer.status !== 200) throw new Error(`${method} ${path}: ${answer.status} ${Buffer.from(bytes).toString().slice(0, 300)}`);
  return { body: bytes, headers: Object.fromEntries(KEPT.flatMap((name) => (answer.headers.has(name) ? [[name, answer.headers.get(name) ?? '']] : []))) };
}

export const sameBytes = (one: Answer, other: Answer): boolean => isDeepStrictEqual(one, other);

/** The same data; each server adds extensions of its own, or none. */
export const sameData = (one: Answer, other: Answer): boolean => isDeepStrictEqual(dataOf(one), dataOf(other));

function dataOf({ body }: Answer): unknown {
  const { data, errors } = JSON.parse(Buffer.from(body).toString()) as { data?: unknown; errors?: unknown };
  return errors === undefined ? data : { errors };
}

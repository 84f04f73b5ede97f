import { createHash } from 'node:crypto';
import type { DeadLetter } from '@steward/contracts';

/** What letters of one cause have in common, in the order in which it is told why they are one group. */
export const groupedBy = ['service', 'consumer', 'entity', 'class', 'code', 'message', 'frame'] as const;
export type Cause = Pick<DeadLetter, (typeof groupedBy)[number]>;

/** Always the same one for the same cause: links to a group outlive its letters. */
export function groupIdOf(cause: Cause): string {
  return createHash('sha256').update(JSON.stringify(groupedBy.map((field) => cause[field]))).digest('hex').slice(0, 16);
}

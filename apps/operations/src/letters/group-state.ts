/** What becomes of a group when its letters open and close. Pure: every case is a line in a test. */
export const groupStates = ['open', 'acknowledged', 'retrying', 'resolved', 'regressed', 'ignored'] as const;
export type GroupState = (typeof groupStates)[number];

export interface Counts {
  /** Open letters before and after. */
  readonly before: number;
  readonly after: number;
  /** null = the group is new. */
  readonly state: GroupState | null;
}

/**
 * Resolved is when none is open, whoever closed the last one; regressed when one opens after that. What somebody has said of a group
 * (acknowledged, ignored) holds for the letters that join it: it is the same cause.
 */
export function nextGroupState({ before, after, state }: Counts): GroupState {
  if (after === 0) return 'resolved';
  if (state === null) return 'open';
  if (state === 'resolved') return before === 0 ? 'regressed' : 'open';
  return state;
}

/** X6, the judgement alone: pure, so that every case can be tried. */
import type { Contract } from '@steward/contracts';

export type HeldKind = 'empty' | 'truncated' | 'shrunken';

export type GuardVerdict = { readonly held: false } | { readonly held: true; readonly kind: HeldKind; readonly detail: string };

export interface PassSummary {
  /** Keys the pass accounts for. */
  readonly accounted: number;
  /** Items that did not show a key. */
  readonly nameless: number;
  /** The smallest total the source named while it was read. */
  readonly total: number | null;
  /** Announced and alive before anything is deleted. */
  readonly alive: number;
}

/** Whether a pass showed all there is. Only then "missing" means anything. */
export function judgePass(pass: PassSummary): GuardVerdict {
  const { accounted, nameless, total, alive } = pass;
  if (alive > 0 && accounted + nameless === 0) return { held: true, kind: 'empty', detail: `the source shows nothing, ${alive} are announced` };
  if (total !== null && accounted + nameless < total) {
    return { held: true, kind: 'truncated', detail: `the source shows ${accounted + nameless} and says it has ${total}` };
  }
  return { held: false };
}

/** Whether so much may be deleted. `recent` = deleted lately in whatever way: many small steps are one big one. */
export function judgeDeletion(guard: Pick<Contract['guard'], 'delete'>, deletion: { readonly missing: number; readonly recent: number; readonly alive: number }): GuardVerdict {
  const { missing, recent, alive } = deletion;
  if (missing === 0) return { held: false };
  const { max, ratio } = guard.delete;
  const before = alive + recent;
  const share = (missing + recent) / before;
  // "Everything" is no clean-up, however little everything is.
  if (missing >= alive) return { held: true, kind: 'empty', detail: `all ${alive} would be deleted` };
  if (missing + recent > max && share > ratio) {
    return { held: true, kind: 'shrunken', detail: `${missing} of ${alive} would be deleted, ${recent} were lately; accepted: ${max}, or ${ratio * 100} % of ${before}` };
  }
  return { held: false };
}

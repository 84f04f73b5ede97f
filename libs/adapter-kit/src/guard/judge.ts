/** X6, the judgement alone: pure, so that every case can be tried. */
import type { Allowance, Contract } from '@steward/contracts';

export type HeldKind = 'empty' | 'truncated' | 'shrunken';

export type GuardVerdict = { readonly held: false } | { readonly held: true; readonly kind: HeldKind; readonly detail: string };

interface PassSummary {
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

/** How a rule stands before a batch. */
export interface Standing {
  /** Keys that are not in the batch and broke the rule within the window: passed or held. */
  readonly others: number;
  /** Announced and alive; null when nobody needed to know, because `max` is not exceeded. */
  readonly alive: number | null;
  /** Those keys of the batch that are held, by whatever rule. */
  readonly held: ReadonlyMap<string, { readonly rule: string; readonly becomes: string; readonly released: boolean }>;
}

interface Suspect {
  readonly key: string;
  /** The guarded field's value as text. */
  readonly becomes: string;
}

export interface Sorted {
  readonly passed: readonly string[];
  readonly released: readonly string[];
  readonly held: readonly string[];
}

/**
 * What becomes of the suspicious changes of a batch. Those of keys that were sound until now pass together or are held together:
 * a page of 400 wrong prices puts none of them through. A key that is held stays held until its owner releases it, and is then let
 * through only as what the owner saw.
 */
export function sortSuspects(rule: Allowance & { readonly name: string }, suspects: readonly Suspect[], { others, alive, held }: Standing): Sorted {
  const isReleased = ({ key, becomes }: Suspect): boolean => {
    const item = held.get(key);
    return item !== undefined && item.released && item.rule === rule.name && item.becomes === becomes;
  };
  const keys = (those: readonly Suspect[]): string[] => those.map(({ key }) => key);
  const fresh = suspects.filter(({ key }) => !held.has(key));
  const count = others + fresh.length;
  const fits = count <= rule.max || count <= rule.ratio * (alive ?? Number.POSITIVE_INFINITY);
  return {
    passed: fits ? keys(fresh) : [],
    released: keys(suspects.filter(isReleased)),
    held: keys(suspects.filter((suspect) => (held.has(suspect.key) ? !isReleased(suspect) : !fits))),
  };
}

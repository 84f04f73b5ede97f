/**
 * How old a field honestly is (O8). A field's asOf is the later of its last change and the progress of its feed: unchanged data
 * stays fresh because its feed keeps saying that nothing changed. Pure: the clock and the progress are passed in.
 */
import { category, price, product, stockLevel } from '@steward/contracts';

/**
 * Progress arrives every few seconds for all keys at once. Shown as it comes it would give each answer a new ETag every few
 * seconds; shown in steps (rounded down, so never younger than the truth) answers stay equal for a step.
 */
export const PROGRESS_STEP_MS = 30_000;

/** Freshness classes of the contracts that reach the storefront, with the feed that keeps them fresh. */
export const budgets = {
  assortment: staleAfter(product.freshness, 'assortment'),
  content: staleAfter(product.freshness, 'content'),
  availability: staleAfter(stockLevel.freshness, 'availability'),
  price: staleAfter(price.freshness, 'price'),
  categories: staleAfter(category.freshness, 'assortment'),
} as const;

function staleAfter(classes: Readonly<Record<string, { staleAfterMs: number }>>, name: string): number {
  const budget = classes[name];
  if (budget === undefined) throw new Error(`the contract has no freshness class ${name}`);
  return budget.staleAfterMs;
}

export interface FieldAge {
  /** Epoch ms; null when nothing was ever known. */
  asOf: number | null;
  stale: boolean;
  /** When time alone makes the field stale; null when it is stale already. */
  validUntil: number | null;
}

export function ageOf(input: {
  now: number;
  /** Last change of the field, null when it was never told. */
  changedAt: number | null;
  /** Applied progress of its feed; undefined when there is none or the key is excluded from it. */
  progress: number | undefined;
  staleAfterMs: number;
}): FieldAge {
  const exact = Math.max(input.changedAt ?? -Infinity, input.progress ?? -Infinity);
  if (exact === -Infinity) return { asOf: null, stale: true, validUntil: null };
  const validUntil = exact + input.staleAfterMs;
  const stale = input.now > validUntil;
  // A change is shown exactly, progress in steps. A step may lie before the change it follows; the change then wins.
  const step = input.progress === undefined ? -Infinity : Math.floor(input.progress / PROGRESS_STEP_MS) * PROGRESS_STEP_MS;
  const shown = Math.max(input.changedAt ?? -Infinity, step);
  return { asOf: shown === -Infinity ? null : shown, stale, validUntil: stale ? null : validUntil };
}

/** While something is stale the answer is made anew at least this often, so that it recovers with the feed. */
const STALE_RECHECK_MS = 1_000;

/** Epoch ms up to which an answer that shows the field may be kept. */
export function answerUntil(age: FieldAge, now: number): number {
  return age.validUntil ?? now + STALE_RECHECK_MS;
}

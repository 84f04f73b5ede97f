import type { Bought } from './buyers';
import { codeOf } from './clicks';

/** What came of the purchases, and how long a shopper waited for it. */
export function told(bought: readonly Bought[], tookMs: number): string {
  const outcomes = Map.groupBy(bought, ({ order, refused, hold }) => {
    const first = hold?.heldFrom === undefined ? '' : 'held, then ';
    if (refused !== undefined) return `${first}refused: ${codeOf(refused) ?? refused.text}`;
    if (order === undefined) return `${first}${hold?.end ?? 'no answer'}`;
    return `${first}${order.rejection === null ? order.status : `${order.status}: ${order.rejection.code}`}`;
  });
  const lines = [...outcomes].toSorted(([, a], [, b]) => b.length - a.length).map(([outcome, those]) => {
    const times = those.map((each) => each.tookMs).toSorted((a, b) => a - b);
    const at = (share: number): string => `${Math.round(times[Math.min(times.length - 1, Math.floor(times.length * share))] ?? 0)} ms`;
    return `  ${String(those.length).padStart(7)}  ${outcome.padEnd(44)} p50 ${at(0.5)}, p99 ${at(0.99)}, longest ${at(1)}`;
  });
  return [`${bought.length} purchases in ${(tookMs / 1_000).toFixed(1)} s:`, ...lines].join('\n');
}

/** Periods of price list entries and promotions: they begin and end by time alone, without an event (C11). */

/** ISO 8601; null = without that bound. */
interface Period {
  readonly validFrom: string | null;
  readonly validTo: string | null;
}

/** Epoch ms; the first instant inside. */
export const startOf = ({ validFrom }: Period): number => (validFrom === null ? -Infinity : Date.parse(validFrom));

/** Epoch ms; the first instant behind. */
const endOf = ({ validTo }: Period): number => (validTo === null ? Infinity : Date.parse(validTo));

export const isValid = (period: Period, at: number): boolean => startOf(period) <= at && at < endOf(period);

/** The next instant at which one of them begins or ends; null when none lies ahead. */
export function nextBoundary(periods: readonly Period[], at: number): number | null {
  const ahead = periods.flatMap((period) => [startOf(period), endOf(period)]).filter((boundary) => boundary > at && boundary !== Infinity);
  return ahead.length === 0 ? null : Math.min(...ahead);
}

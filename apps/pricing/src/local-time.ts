/**
 * From the wall clock of a time zone to an instant (ADR 0011). Of a time that a clock skips it is the first instant after the gap,
 * of one that it shows twice the earlier. The rules of the zones are those of the Node that runs.
 */

const HOUR_MS = 3_600_000;
/** No zone changes its offset twice in so short a time, so the offsets on both sides are the only ones that can apply. */
const BOTH_SIDES_MS = 24 * HOUR_MS;

const formats = new Map<string, Intl.DateTimeFormat>();

/** A RangeError for a zone that is none. */
function formatOf(zone: string): Intl.DateTimeFormat {
  const known = formats.get(zone);
  if (known) return known;
  const made = new Intl.DateTimeFormat('en-US', { timeZone: zone, hourCycle: 'h23', year: 'numeric', month: 'numeric', day: 'numeric', hour: 'numeric', minute: 'numeric', second: 'numeric' });
  formats.set(zone, made);
  return made;
}

export function isTimeZone(zone: string): boolean {
  try {
    return formatOf(zone) !== undefined;
  } catch {
    return false;
  }
}

/** What the wall clock shows at the instant, less the instant; in ms. */
export function offsetAt(instant: number, zone: string): number {
  const parts = Object.fromEntries(formatOf(zone).formatToParts(instant).map(({ type, value }) => [type, Number(value)]));
  const shown = Date.UTC(parts['year'] ?? 0, (parts['month'] ?? 1) - 1, parts['day'], parts['hour'], parts['minute'], parts['second']);
  return shown - Math.floor(instant / 1_000) * 1_000;
}

/** `2027-03-08T00:00` or with seconds → epoch ms; undefined when it is no such time (31 February too). */
export function instantOf(local: string, zone: string): number | undefined {
  const wall = wallOf(local);
  if (wall === undefined) return undefined;
  const before = offsetAt(wall - BOTH_SIDES_MS, zone);
  const after = offsetAt(wall + BOTH_SIDES_MS, zone);
  const found = [wall - before, wall - after].filter((instant) => instant + offsetAt(instant, zone) === wall);
  if (found.length > 0) return Math.min(...found);
  return firstWith(after, wall - after, wall - before, zone);
}

function wallOf(local: string): number | undefined {
  const match = /^(\d{4}-\d\d-\d\dT\d\d:\d\d)(:\d\d)?$/.exec(local);
  if (match === null) return undefined;
  const text = `${match[1] ?? ''}${match[2] ?? ':00'}`;
  const wall = Date.parse(`${text}Z`);
  // Date.parse moves 31 February into March, and takes 24:00.
  return Number.isNaN(wall) || new Date(wall).toISOString() !== `${text}.000Z` ? undefined : wall;
}

/** The clock goes forward somewhere in (from, to]: the first instant at which it has. */
function firstWith(offset: number, from: number, to: number, zone: string): number {
  let low = from;
  let high = to;
  while (high - low > 1) {
    const middle = Math.floor((low + high) / 2);
    if (offsetAt(middle, zone) === offset) high = middle;
    else low = middle;
  }
  return high;
}

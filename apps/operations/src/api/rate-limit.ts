import { StewardError, type Clock } from '@steward/platform';

const WINDOW_MS = 60_000;

/**
 * Requests that somebody may make in a minute, counted per process in fixed windows. Only those whom the issuer knows are counted, so
 * there are few. Returns the seconds until there are more.
 */
export function rateLimit(most: number, clock: Clock): (who: string) => void {
  let endsAt = 0;
  let spent = new Map<string, number>();
  return (who) => {
    if (most === 0) return;
    const now = clock.now();
    if (now >= endsAt) [endsAt, spent] = [now + WINDOW_MS, new Map()];
    const count = (spent.get(who) ?? 0) + 1;
    spent.set(who, count);
    if (count > most) throw new StewardError('OPERATIONS_RATE_LIMITED', `more than ${String(most)} in a minute`, { accepted: `again in ${String(Math.ceil((endsAt - now) / 1_000))} s` });
  };
}

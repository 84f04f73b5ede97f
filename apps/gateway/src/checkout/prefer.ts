const USUAL_MS = 2_000;
const MOST_MS = 10_000;

/** `Prefer: wait=5` in milliseconds (RFC 7240); what is not understood is ignored, as that RFC wants it. */
export function waitMsOf(prefer: unknown): number {
  const asked = (Array.isArray(prefer) ? prefer : [prefer]).map(String).join(',').split(/[,;]/).map((each) => each.trim().toLowerCase());
  if (asked.includes('respond-async')) return 0;
  const seconds = asked.map((each) => /^wait="?([0-9]{1,6})"?$/.exec(each)?.[1]).find((found) => found !== undefined);
  return seconds === undefined ? USUAL_MS : Math.min(Number(seconds) * 1_000, MOST_MS);
}

/** The same of GraphQL's argument. */
export function secondsToMs(seconds: number | null): number {
  return seconds === null ? USUAL_MS : Math.min(Math.max(0, seconds * 1_000), MOST_MS);
}

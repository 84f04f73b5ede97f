import type { Customer } from '@steward/contracts';

export type Consent = Customer['consents'][number];

/** The customer group of whoever the CRM puts into none. */
export const everybody = 'public';

/**
 * The newest of each purpose, in the order of purposes. Who said when decides, not who told it last: a consent that was given at the
 * shop yesterday and arrives today must not undo a withdrawal that was taken by telephone in between. At the same moment no means no.
 */
export function newestConsents(consents: readonly Consent[]): Consent[] {
  const newest = new Map<string, Consent>();
  for (const consent of consents) {
    const known = newest.get(consent.purpose);
    if (known === undefined || isNewer(consent, known)) newest.set(consent.purpose, consent);
  }
  return [...newest.values()].sort((a, b) => (a.purpose < b.purpose ? -1 : 1));
}

function isNewer(consent: Consent, known: Consent): boolean {
  const after = Date.parse(consent.at) - Date.parse(known.at);
  return after > 0 || (after === 0 && !consent.granted);
}

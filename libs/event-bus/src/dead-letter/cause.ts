import type { DeadLetter } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import type { FaultClass } from '../consumer/failure';

/** The classes that a desk sorts letters by: each has another first step. */
export type Cause = DeadLetter['class'];

const byClass: Readonly<Partial<Record<FaultClass, Cause>>> = {
  security: 'security',
  unreadable: 'poison',
  unstorable: 'poison',
  schema: 'contract',
  'unknown-value': 'contract',
  rejected: 'mapping',
  business: 'business',
  conflict: 'conflict',
  gap: 'gap',
  awaiting: 'awaiting',
};

/** What was given up after its tries is sorted by its error: what we named may pass, what nobody foresaw is a bug. */
export function causeOf(faultClass: FaultClass, error: Error | string): Cause {
  const code = typeof error !== 'string' && 'code' in error && typeof error.code === 'string' ? error.code : '';
  const status = typeof error !== 'string' && 'status' in error ? error.status : undefined;
  if (code === 'CONSUMER_POISON') return 'poison';
  // The status is in the message alone.
  if (code === 'SOURCE_REFUSED' && /status 40[13]\b/.test(String(error))) return 'auth';
  if (/UNAUTHORI[SZ]ED|FORBIDDEN|_AUTH(_|$)|CREDENTIAL/.test(code) || status === 401 || status === 403) return 'auth';
  if (/RATE_LIMITED/.test(code) || status === 429) return 'rate-limited';
  return byClass[faultClass] ?? (error instanceof StewardError ? 'transient' : 'bug');
}

/**
 * What makes two failures "the same" and can be told of them: the class, the error's code, its message without values, and the first frame
 * of our own code without line numbers, so that a group of letters survives a release that only moved lines.
 */
import { createHash } from 'node:crypto';
import type { Contract } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import { causeOf, type Cause } from './cause';
import { normalise, withoutValues } from './normalise';
import type { FaultClass } from '../consumer/failure';

export interface Described {
  readonly cause: Cause;
  readonly code: string | null;
  /** At most 500 characters. */
  readonly message: string;
  readonly frame: string | null;
  readonly fingerprint: string;
}

interface Failed {
  readonly consumer: string;
  readonly contract: Contract | undefined;
  readonly class: FaultClass;
  readonly error: Error | string;
  readonly body: Uint8Array;
}

export function describeFailure({ consumer, contract, class: faultClass, error, body }: Failed): Described {
  const cause = causeOf(faultClass, error);
  const code = codeOf(error);
  // A text is our own sentence about the message; an Error's may quote whatever it met.
  const message = typeof error === 'string' ? normalise(complaintOf(error)) : normalise(withoutValues(error instanceof StewardError ? (error.detail ?? '') : error.message, contract, body));
  const frame = typeof error === 'string' ? null : ownFrame(error);
  const parts = [consumer, contract?.entity ?? '', cause, typeof error === 'string' ? '' : error.name, code ?? '', message, frame ?? ''];
  return { cause, code, message, frame, fingerprint: createHash('sha256').update(JSON.stringify(parts)).digest('hex').slice(0, 32) };
}

const codeOf = (error: Error | string): string | null => (typeof error !== 'string' && 'code' in error && typeof error.code === 'string' ? error.code.slice(0, 100) : null);

/** Of several faults of a payload the first one names the group; where in a list it lies makes no difference. */
const complaintOf = (error: string): string => (error.split(';')[0] ?? '').replace(/\/\d+(?=\/|\s|$)/g, '/*');

function ownFrame(error: Error): string | null {
  for (const line of (error.stack ?? '').split('\n')) {
    const frame = /^\s+at (?:(?:async )?(.+?) \()?(?:file:\/\/)?(.+?):\d+:\d+\)?$/.exec(line);
    const file = frame?.[2];
    if (!file || file.startsWith('node:') || file.includes('node_modules')) continue;
    // From the workspace's folder on: the same failure on two machines is one group.
    const place = /(?:^|\/)((?:apps|libs|tools|bench)\/.+)$/.exec(file)?.[1] ?? file.slice(file.lastIndexOf('/') + 1);
    return `${frame[1] ?? 'module'} (${place.replace('/dist/', '/src/').replace(/\.[jt]s$/, '')})`.slice(0, 300);
  }
  return null;
}

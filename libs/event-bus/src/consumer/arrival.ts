import { isUtf8 } from 'node:buffer';
import { hash } from 'node:crypto';
import { type Catalogue, type Contract, parseSubject, raised, shipped, withKnownValues } from '@steward/contracts';
import { addressOf, type Envelope, fromMessage, isHeaderFault, type RawMessage } from '../envelope';
import type { FaultClass } from './failure';

/** A message that may be applied. */
export interface Sound {
  readonly sound: true;
  /** What `data` is. The envelope keeps the major that was sent, and with it key, id, revision or sequence. */
  readonly contract: Contract;
  readonly system: string;
  readonly envelope: Envelope;
  readonly data: unknown;
  /** First 16 bytes of the body's SHA-256, hexadecimal. */
  readonly hash: string;
}

/** A message that can't be applied, with as much as is known of whom it concerns. */
export interface Faulty {
  readonly sound: false;
  readonly class: FaultClass;
  readonly error: string;
  readonly contract: Contract | undefined;
  readonly system: string | undefined;
  readonly key: string | undefined;
  readonly envelope: Envelope | undefined;
}

export type Reading = Sound | Faulty;

/** Checks headers (B9), text, and by the contract also whether PostgreSQL can store it, in this order. Pure. */
export function readMessage(message: RawMessage, catalogue: Catalogue = shipped): Reading {
  const envelope = fromMessage(message, catalogue);
  if (isHeaderFault(envelope)) {
    const contract = addressOf(message.subject, catalogue)?.contract;
    const parts = parseSubject(message.subject);
    return { sound: false, class: 'security', error: envelope.reason, contract, system: parts?.system, key: parts?.key, envelope: undefined };
  }
  // fromMessage has found the contract by the same subject.
  const { contract, system, major } = addressOf(message.subject, catalogue) ?? unreachable(message.subject);
  const faulty = (faultClass: FaultClass, error: string): Faulty => ({ sound: false, class: faultClass, error, contract, system, key: envelope.key, envelope });

  // Kept until a build that knows it redrives it (C6): the release gate lets no producer get that far ahead, an emergency may.
  if (major !== contract.major) return faulty('schema', `v${major} of ${contract.entity} is not known to this build`);
  if (!isStorable(envelope.key)) return faulty('unstorable', 'the key holds NUL or half a surrogate pair');
  let data: unknown = null;
  if (!envelope.tombstone) {
    // The decoder replaces broken bytes silently; the replaced text would be stored as if it had been sent.
    if (!isUtf8(message.data)) return faulty('unreadable', 'the body is not UTF-8');
    try {
      data = JSON.parse(envelope.body);
    } catch (error) {
      return faulty('unreadable', `the body is not JSON: ${(error as Error).message}`);
    }
    const problems = contract.validateConsumed(data);
    if (problems.length > 0) {
      // C9: a value that only a newer version of a closed enum has parks its entity like any fault, but is told apart from a broken producer.
      const unknownValue = problems.every((problem) => problem.message.startsWith('is not one of'));
      return faulty(unknownValue ? 'unknown-value' : 'schema', problems.slice(0, 10).map((problem) => `${problem.pointer || '/'} ${problem.message}`).join('; '));
    }
  }
  // The body is stored as it came; what the service's own code sees has known values only, so an open enum's newcomer breaks nothing (C9).
  if (contract.openEnums.length > 0 && data !== null) data = withKnownValues(contract, data);
  return { sound: true, contract, system, envelope, data, hash: hashOf(envelope.body) };
}

/**
 * The same for code that declares `wanted`: what came in an older major is validated by that major and then said in the declared one
 * (C9). `hash` and body stay those of what was sent, because both ends are compared by them (X1).
 */
export function readAs(wanted: Contract | undefined, message: RawMessage, catalogue: Catalogue = shipped): Reading {
  const reading = readMessage(message, catalogue);
  if (!reading.sound || wanted === undefined || wanted.major === reading.contract.major) return reading;
  const { contract, system, envelope } = reading;
  if (envelope.tombstone) return { ...reading, contract: wanted };
  const result = raised(catalogue, contract, wanted, reading.data);
  if ('refused' in result) return { sound: false, class: 'schema', error: result.refused, contract, system, key: envelope.key, envelope };
  return { ...reading, contract: wanted, data: result.data };
}

export const hashOf = (body: string): string => hash('sha256', body, 'hex').slice(0, 32);

/** What PostgreSQL's text can hold. */
export const isStorable = (text: string): boolean => !text.includes('\u0000') && text.isWellFormed();

function unreachable(subject: string): never {
  throw new Error(`no address for ${subject}`);
}

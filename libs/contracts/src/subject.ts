import type { Contract } from './contract';
import { streams } from './generated/topology';
import { decodeKey, encodeKey } from './key';
import type { StreamDeclaration } from './topology';

export interface ParsedSubject {
  readonly system: string;
  readonly entity: string;
  readonly major: number;
  readonly key: string;
}

/**
 * `evt.<system>.<entity>.v<major>.<key>`
 * @throws RangeError when the system may not announce the contract or the key has no token (B8)
 */
export function subjectOf(contract: Contract, system: string, key: string): string {
  assertAnnouncedBy(contract, system);
  return `evt.${system}.${contract.entity}.v${contract.major}.${encodeKey(key)}`;
}

/** undefined when it is not a subject of ours, a key that encodeKey would have spelled differently included. */
export function parseSubject(subject: string): ParsedSubject | undefined {
  const [prefix, system, entity, version, token, ...more] = subject.split('.');
  if (prefix !== 'evt' || !system || !entity || version === undefined || !token || more.length > 0) return undefined;
  if (!/^v[1-9][0-9]*$/.test(version)) return undefined;
  try {
    return { system, entity, major: Number(version.slice(1)), key: decodeKey(token) };
  } catch {
    return undefined;
  }
}

/** The stream that holds what `system` announces by this contract. */
export function streamOf(contract: Contract, system: string): StreamDeclaration {
  assertAnnouncedBy(contract, system);
  const subject = `evt.${system}.${contract.entity}.*.*`;
  const stream = streams.find((candidate) => candidate.subjects.includes(subject));
  if (stream === undefined) throw new RangeError(`CONTRACT_SUBJECT_INVALID: no stream holds ${subject}; accepted: ${streams.flatMap((known) => known.subjects).join(', ')}`);
  return stream;
}

function assertAnnouncedBy(contract: Contract, system: string): void {
  if (contract.systems.includes(system)) return;
  throw new RangeError(`CONTRACT_SUBJECT_INVALID: ${system} may not announce ${contract.entity}; accepted: ${contract.systems.join(', ')}`);
}

import type { Contract } from './contract';
import { streams } from './generated/topology';
import { decodeKey, encodeKey } from './key';
import type { StreamDeclaration } from './topology';

export interface ParsedSubject {
  /** A request of `system` to somebody, not a fact of its own. */
  readonly isCommand: boolean;
  readonly system: string;
  readonly entity: string;
  readonly major: number;
  readonly key: string;
}

const first = { state: 'evt', event: 'evt', command: 'cmd' } as const;

/** The subject without its key: `evt.<system>.<entity>.v<major>`, of a command `cmd.<sender>.<entity>.v<major>`. */
export function subjectPrefixOf({ kind, entity, major }: Contract, system: string): string {
  return `${first[kind]}.${system}.${entity}.v${major}`;
}

/**
 * The address with the key as its last token.
 * @throws RangeError when the system may not announce the contract or the key has no token (B8)
 */
export function subjectOf(contract: Contract, system: string, key: string): string {
  assertAnnouncedBy(contract, system);
  return `${subjectPrefixOf(contract, system)}.${encodeKey(key)}`;
}

/** undefined if it is not a subject of ours; that includes a key in a spelling that encodeKey would not produce. */
export function parseSubject(subject: string): ParsedSubject | undefined {
  const [start, system, entity, version, token, ...more] = subject.split('.');
  if ((start !== 'evt' && start !== 'cmd') || !system || !entity || version === undefined || !token || more.length > 0) return undefined;
  if (!/^v[1-9][0-9]*$/.test(version)) return undefined;
  try {
    return { isCommand: start === 'cmd', system, entity, major: Number(version.slice(1)), key: decodeKey(token) };
  } catch {
    return undefined;
  }
}

/** The stream for what `system` announces or sends under this contract. */
export function streamOf(contract: Contract, system: string): StreamDeclaration {
  assertAnnouncedBy(contract, system);
  const subject = `${first[contract.kind]}.${system}.${contract.entity}.*.*`;
  const stream = streams.find((candidate) => candidate.subjects.includes(subject));
  if (stream === undefined) throw new RangeError(`CONTRACT_SUBJECT_INVALID: no stream holds ${subject}; accepted: ${streams.flatMap((known) => known.subjects).join(', ')}`);
  return stream;
}

function assertAnnouncedBy(contract: Contract, system: string): void {
  if (contract.systems.includes(system)) return;
  throw new RangeError(`CONTRACT_SUBJECT_INVALID: ${system} may not announce ${contract.entity}; accepted: ${contract.systems.join(', ')}`);
}

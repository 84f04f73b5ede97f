import { type Catalogue, type Contract, parseSubject, shipped, typeOf } from '@steward/contracts';

/** How a message came to be sent; consumers of reactions look at it (C7), metrics tell lanes apart by it. */
export const origins = ['live', 'backfill', 'repair', 'republish', 'redrive'] as const;
export type Origin = (typeof origins)[number];

/** One message on its way: CloudEvents 1.0 attributes, our extensions, and the body as the text that was committed. */
export interface Envelope {
  /** UUID v7, given once in the outbox; every re-publication keeps it. */
  readonly id: string;
  /** `<system>.<entity>.v<major>` */
  readonly type: string;
  /** `/steward/<service>` */
  readonly source: string;
  /** NATS subject `evt.<system>.<entity>.v<major>.<token>`; of a command `cmd.<sender>.…` */
  readonly subject: string;
  readonly key: string;
  /** When the change was seen, ISO 8601. */
  readonly time: string;
  readonly dataSchema: string;
  /** State contracts only. */
  readonly revision: number | null;
  /** Event and command contracts only: gapless per key (C5b). */
  readonly sequence: number | null;
  readonly correlationId: string | null;
  readonly causationId: string | null;
  readonly origin: Origin;
  readonly tombstone: boolean;
  readonly traceparent: string | null;
  /** JSON text; '' for a tombstone. */
  readonly body: string;
}

/** The major version of a message. */
export const majorOf = ({ type }: Pick<Envelope, 'type'>): number => Number(type.slice(type.lastIndexOf('.v') + 2));

/** What a subject alone says; everything a header claims is compared with it (B9). */
export interface Address {
  /** In the subject's major, or in the newest that is known when `major` is another one. */
  readonly contract: Contract;
  readonly major: number;
  readonly system: string;
  readonly type: string;
  readonly source: string;
  readonly dataSchema: string;
}

export const sourceOf = (system: string): string => `/steward/${system}`;
export const dataSchemaOf = ({ entity, major }: Pick<Contract, 'entity' | 'major'>): string => `urn:steward:contract:${entity}:v${major}`;

// A process sees a handful of subject prefixes and millions of subjects: only the prefix is looked up.
// Only prefixes of known contracts in known majors are kept, so foreign subjects can't grow it.
const knownBy = new WeakMap<Catalogue, Map<string, Address>>();

/**
 * The contract a subject belongs to, or undefined if no known contract allows that system to emit it. A major that this build does not know
 * still belongs to its entity: it comes from the owner, not from a forger.
 */
export function addressOf(subject: string, catalogue: Catalogue = shipped): Address | undefined {
  const prefix = subject.slice(0, subject.lastIndexOf('.'));
  const known = knownBy.get(catalogue) ?? new Map<string, Address>();
  knownBy.set(catalogue, known);
  const cached = known.get(prefix);
  if (cached) return cached;
  const parts = parseSubject(subject);
  if (!parts) return undefined;
  const { major, system } = parts;
  const majors = catalogue.contracts.filter(({ entity, systems, kind }) => entity === parts.entity && systems.includes(system) && (kind === 'command') === parts.isCommand);
  const exact = majors.find((each) => each.major === major);
  const contract = exact ?? majors.toSorted((a, b) => b.major - a.major)[0];
  if (!contract) return undefined;
  const address: Address = {
    contract,
    major,
    system,
    type: typeOf({ ...contract, major }, system),
    source: sourceOf(system),
    dataSchema: dataSchemaOf({ entity: contract.entity, major }),
  };
  if (exact) known.set(prefix, address);
  return address;
}

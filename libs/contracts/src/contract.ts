import type { Problem } from './problem';
import { storable } from './storable';

export type Kind = 'state' | 'event' | 'command';

export interface Owner {
  readonly team: string;
  readonly contact: string;
  readonly escalation: string;
  readonly runbook: string;
}

export interface Consumer {
  readonly service: string;
  readonly builds: string;
  /** The systems whose messages it takes. */
  readonly from: readonly string[];
  readonly purpose: 'projection' | 'reaction';
}

/** Over both, and it is held for the owner. */
export interface Allowance {
  readonly max: number;
  /** Of all keys. */
  readonly ratio: number;
}

/** What makes a change of a field suspicious (X6); its meaning is in contracts/contract.schema.json. */
export type ChangeRule = Allowance & { readonly field: string } & ({ readonly when: 'zero' | 'differs' } | { readonly when: 'moves'; readonly by: number });

/** `automatic`: the owner is asked to announce again at once; `ask`: when somebody says so; `never`: it stays a case for people. */
export type RepairPolicy = 'automatic' | 'ask' | 'never';

export interface ReconciliationTerms {
  readonly cadenceMs: number;
  readonly settleMs: number;
  readonly repair: RepairPolicy;
}

/** What contract.yaml and the schema say, as data; generated into the catalogue. */
export interface ContractData {
  readonly entity: string;
  readonly kind: Kind;
  readonly major: number;
  readonly summary: string;
  /** Said by each system of rows of its own database, under keys of its own. */
  readonly told: boolean;
  /** What one person does to it by hand needs a second one. */
  readonly fourEyes: boolean;
  /** Who may announce it; of a command who may send it. */
  readonly systems: readonly string[];
  readonly owner: Owner;
  readonly key: { readonly from: readonly string[]; readonly separator: string };
  readonly consumers: readonly Consumer[];
  readonly freshness: Readonly<Record<string, { readonly targetMs: number; readonly staleAfterMs: number }>>;
  /** Freshness class of each top-level field. */
  readonly fieldFreshness: Readonly<Record<string, string>>;
  readonly deadLetter: { readonly respondWithinMs: number };
  /** How many keys may be deleted or suspiciously changed within an hour (X6). */
  readonly guard: { readonly delete: Allowance; readonly changes: readonly ChangeRule[] };
  /** How often both ends are compared, from when on a difference is drift (X2), and who repairs it (X3); null for what is no state. */
  readonly reconciliation: ReconciliationTerms | null;
  /** How long a deletion stays known (C12); 0 for events. */
  readonly tombstoneRetentionMs: number;
  /** Paths of personal data, '*' = any key or index. */
  readonly piiPaths: readonly string[];
  readonly openEnums: readonly { readonly path: readonly string[]; readonly values: readonly string[]; readonly fallback: string }[];
  /** `ce-dataschema` */
  readonly dataSchema: string;
}

export interface Contract<T = unknown> extends ContractData {
  /** The closed schema: what the owner may announce. [] = valid. */
  validateProduced(data: unknown): Problem[];
  /** The open schema: what a consumer has to bear, a newer producer's unknown fields included. [] = valid. */
  validateConsumed(data: unknown): Problem[];
  /** Never there: lets the compiler tell Contract<Product> from Contract<StockLevel>. */
  readonly shape?: T;
}

/** One of the versions that an entity's contract has had. */
export interface ContractVersion {
  readonly entity: string;
  readonly major: number;
}

interface SchemaError {
  readonly instancePath: string;
  readonly keyword: string;
  readonly message?: string;
  readonly params: Readonly<Record<string, unknown>>;
}

/** A validator as ajv's standalone code exports it. */
export interface StandaloneValidator {
  (data: unknown): boolean;
  errors?: readonly SchemaError[] | null;
}

// A payload of ten thousand wrong items needs no ten thousand lines in a dead letter.
const MAX_PROBLEMS = 20;

export function defineContract<T>(data: ContractData, produced: StandaloneValidator, consumed: StandaloneValidator): Contract<T> {
  return {
    ...data,
    validateProduced: (payload) => validate(produced, payload),
    validateConsumed: (payload) => validate(consumed, payload),
  };
}

export function validate(validator: StandaloneValidator, payload: unknown): Problem[] {
  if (!validator(payload)) return (validator.errors ?? []).slice(0, MAX_PROBLEMS).map(toProblem);
  return storable(payload).slice(0, MAX_PROBLEMS);
}

function toProblem({ instancePath, keyword, message, params }: SchemaError): Problem {
  const inner = (name: unknown): string => `${instancePath}/${String(name).replaceAll('~', '~0').replaceAll('/', '~1')}`;
  switch (keyword) {
    case 'required':
      return { pointer: inner(params['missingProperty']), message: 'is missing' };
    case 'additionalProperties':
      return { pointer: inner(params['additionalProperty']), message: 'is not a field of the contract' };
    case 'enum':
      return { pointer: instancePath, message: `is not one of ${(params['allowedValues'] as readonly unknown[]).map(String).join(', ')}` };
    case 'propertyNames':
      return { pointer: inner(params['propertyName']), message: 'is no accepted name' };
    default:
      return { pointer: instancePath, message: message ?? keyword };
  }
}

/** Type on the wire: `<system>.<entity>.v<major>`. */
export function typeOf(contract: Contract, system: string): string {
  return `${system}.${contract.entity}.v${contract.major}`;
}

/** The key that the contract builds from its data; the data has to be valid. */
export function keyOf<T>(contract: Contract<T>, data: T): string {
  const fields = data as Readonly<Record<string, unknown>>;
  return contract.key.from.map((name) => String(fields[name])).join(contract.key.separator);
}

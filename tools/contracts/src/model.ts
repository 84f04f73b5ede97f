interface Allowance {
  readonly max: number;
  readonly ratio: number;
}

/** The meta-schema wants `by` where it moves, and nowhere else. */
export interface ChangeRule extends Allowance {
  readonly field: string;
  readonly when: 'zero' | 'moves' | 'differs';
  readonly by?: number;
}

/** contract.yaml as it is written; contracts/contract.schema.json is its meta-schema. */
export interface ContractFile {
  readonly entity: string;
  readonly kind: 'state' | 'event' | 'command' | 'claims';
  readonly told?: true;
  readonly fourEyes?: true;
  readonly summary: string;
  readonly systems: readonly string[];
  readonly owner: { readonly team: string; readonly contact: string; readonly escalation: string; readonly runbook: string };
  readonly key: { readonly from: readonly string[]; readonly separator?: string };
  readonly versions: readonly { readonly major: number; readonly status: 'active' | 'deprecated'; readonly until?: string }[];
  readonly freshness: Readonly<Record<string, { readonly target: string; readonly staleAfter: string }>>;
  readonly deadLetter: { readonly respondWithin: string };
  readonly guard?: { readonly delete: Allowance; readonly changes?: readonly ChangeRule[] };
  readonly reconciliation?: { readonly cadence: string; readonly settle: string; readonly repair: 'automatic' | 'ask' | 'never' };
  readonly retention: {
    readonly stream: { readonly newestPerKey: true } | { readonly maxAge: string; readonly maxMegabytes: number };
    readonly tombstones?: string;
  };
  readonly consumers: readonly { readonly service: string; readonly builds: string; readonly from?: readonly string[]; readonly purpose: 'projection' | 'reaction' }[];
}

/** Claims are signed and carried inside of messages; everything else is one. */
export const messagesOf = (sources: readonly ContractSource[]): readonly ContractSource[] => sources.filter(({ contract }) => contract.kind !== 'claims');

/** What a message says of its delivery, and claims have none of. */
export const undelivered = { key: { from: [] }, freshness: {}, deadLetter: { respondWithin: '1d' }, retention: { stream: { maxAge: '1d', maxMegabytes: 1 } } } as const;

/** The part of JSON Schema 2020-12 that contracts may use, see keywords.ts. */
export interface Schema {
  readonly [keyword: string]: unknown;
  readonly $id?: string;
  readonly $ref?: string;
  readonly $defs?: Readonly<Record<string, Schema>>;
  readonly title?: string;
  readonly description?: string;
  readonly type?: string | readonly string[];
  readonly properties?: Readonly<Record<string, Schema>>;
  readonly required?: readonly string[];
  readonly additionalProperties?: Schema | false;
  readonly propertyNames?: Schema;
  readonly items?: Schema;
  readonly enum?: readonly unknown[];
  readonly pattern?: string;
  readonly format?: string;
}

export interface Version {
  readonly major: number;
  readonly file: string;
  readonly schema: Schema;
}

/** A contract folder that could be read and whose contract.yaml fits its meta-schema. */
export interface ContractSource {
  readonly folder: string;
  readonly file: string;
  readonly contract: ContractFile;
  readonly versions: readonly Version[];
  readonly examples: readonly { readonly file: string; readonly data: unknown }[];
}

const UNIT_MS: Readonly<Record<string, number>> = { ms: 1, s: 1_000, m: 60_000, h: 3_600_000, d: 86_400_000 };

/** '15m' → 900000. The meta-schema has already refused every other form. */
export function toMs(duration: string): number {
  const [, amount, unit] = /^([0-9]+)(ms|s|m|h|d)$/.exec(duration) ?? [];
  return Number(amount) * (UNIT_MS[unit ?? ''] ?? Number.NaN);
}

export function newestActive(source: ContractSource): Version | undefined {
  const active = new Set(source.contract.versions.filter((version) => version.status === 'active').map((version) => version.major));
  return source.versions.filter((version) => active.has(version.major)).sort((a, b) => b.major - a.major)[0];
}

/** The systems of which a consumer takes what they say. */
export const takenFrom = ({ systems }: Pick<ContractFile, 'systems'>, { from }: ContractFile['consumers'][number]): readonly string[] => from ?? systems;

/** Follows a local `$ref`; keywords lint has already refused every other reference. */
export function resolve(schema: Schema, root: Schema): Schema {
  if (schema.$ref === undefined) return schema;
  const name = schema.$ref.replace('#/$defs/', '');
  const { $ref: _reference, ...beside } = schema;
  return { ...root.$defs?.[name], ...beside };
}

export function typesOf(schema: Schema): readonly string[] {
  if (schema.type === undefined) return [];
  return typeof schema.type === 'string' ? [schema.type] : schema.type;
}

/** A struct has named fields; an object without them is a map. */
export function isStruct(schema: Schema): schema is Schema & { properties: Readonly<Record<string, Schema>> } {
  return schema.properties !== undefined;
}

import type { ErrorObject } from 'ajv/dist/2020';

/** What can be wrong with the contracts; every code is explained in docs/errors.md. */
export const faultCodes = [
  'CONTRACT_UNREADABLE',
  'CONTRACT_INCOMPLETE',
  'CONTRACT_INVALID',
  'CONTRACT_RUNBOOK_MISSING',
  'CONTRACT_SCHEMA_INVALID',
  'CONTRACT_EXAMPLE_INVALID',
  'CONTRACT_BREAKING',
  'CONTRACT_UNPUBLISHED',
  'CONTRACT_DOCS_STALE',
  'RUNBOOK_INVALID',
] as const;

export type FaultCode = (typeof faultCodes)[number];

/** One fault: where it is and what would be accepted there. */
export interface Fault {
  readonly code: FaultCode;
  /** Relative to the repository. */
  readonly file: string;
  /** JSON pointer inside the file; '' is the whole file. */
  readonly pointer: string;
  readonly message: string;
  readonly accepted: string;
}

export function formatFault(fault: Fault): string {
  return `${fault.file}#${fault.pointer}\n    ${fault.code}: ${fault.message}\n    accepted: ${fault.accepted}`;
}

export function toPointer(...tokens: readonly (string | number)[]): string {
  return tokens.map((token) => `/${String(token).replaceAll('~', '~0').replaceAll('/', '~1')}`).join('');
}

const list = (value: unknown): string => (Array.isArray(value) ? value.join(', ') : String(value));

/** Says an ajv error as (pointer, message, accepted); ajv must run with `verbose`. */
export function explain(error: ErrorObject): Pick<Fault, 'pointer' | 'message' | 'accepted'> {
  const at = error.instancePath;
  const params = error.params as Readonly<Record<string, unknown>>;
  const parent = error.parentSchema as { properties?: Record<string, { description?: string }>; description?: string } | undefined;
  switch (error.keyword) {
    case 'required': {
      const name = String(params['missingProperty']);
      const hint = parent?.properties?.[name]?.description;
      return { pointer: at, message: `"${name}" is missing`, accepted: hint ? `"${name}": ${hint}` : `a value for "${name}"` };
    }
    case 'additionalProperties':
      return {
        pointer: at + toPointer(String(params['additionalProperty'])),
        message: `unknown field "${String(params['additionalProperty'])}"`,
        accepted: Object.keys(parent?.properties ?? {}).join(', ') || 'no further fields',
      };
    case 'enum':
      return { pointer: at, message: `${JSON.stringify(error.data)} is not one of the values`, accepted: list(params['allowedValues']) };
    case 'pattern':
      return { pointer: at, message: `${JSON.stringify(error.data)} has the wrong form`, accepted: `text that matches ${String(params['pattern'])}` };
    case 'type':
      return { pointer: at, message: 'has the wrong type', accepted: list(params['type']) };
    default:
      return { pointer: at, message: error.message ?? error.keyword, accepted: parent?.description ?? JSON.stringify(error.schema) };
  }
}

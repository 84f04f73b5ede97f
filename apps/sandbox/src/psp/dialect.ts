// How the PSP speaks: forms in, JSON out, errors of its own shape.
import type { z } from 'zod';
import type { Fields } from '../records/collections';
import type { Answer, Api, Operation } from '../vendor/operations';
import { newId } from './objects';
import type { Failure } from './steps';

/** Codes of the desk that this vendor has no code for. */
const uncoded = ['unauthorized', 'unknown_collection', 'method_not_allowed', 'internal_error', 'invalid_body'];

export function failureAnswer({ status, error }: Failure): Answer {
  return { status, json: JSON.stringify({ error }) };
}

export function pspApi(operations: readonly Operation[]): Api {
  return {
    system: 'psp',
    operations,
    problem: (status, code, message) => JSON.stringify({ error: { type: typeOf(status), ...codeOf(code), message } }),
    invalid: (error) => failureAnswer({ status: 400, error: { type: 'invalid_request_error', ...firstFault(error) } }),
    readBody: readForm,
    // An answer is kept whatever it says, once the call began to do something: a decline is repeated, not tried again.
    keepsRefusals: true,
    reusedKey: failureAnswer({
      status: 400,
      error: { type: 'idempotency_error', message: 'Keys for idempotent requests can only be used with the same parameters they were first used with.' },
    }),
    busyKey: failureAnswer({ status: 409, error: { type: 'invalid_request_error', code: 'idempotency_key_in_use', message: 'There is currently another in-progress request using this idempotency key.' } }),
    headers: () => ({ 'request-id': newId('req') }),
  };
}

function typeOf(status: number): string {
  if (status === 402) return 'card_error';
  return status >= 500 ? 'api_error' : 'invalid_request_error';
}

function codeOf(code: string): Fields {
  if (code === 'rate_limited') return { code: 'rate_limit' };
  return uncoded.includes(code) ? {} : { code };
}

/** This vendor tells one fault at a time. */
function firstFault({ issues: [issue] }: z.ZodError): Fields {
  if (!issue) return { message: 'Invalid request.' };
  const nameOf = ([first, ...rest]: readonly PropertyKey[]): string => String(first ?? '') + rest.map((part) => `[${String(part)}]`).join('');
  if (issue.code === 'unrecognized_keys') {
    const param = nameOf([...issue.path, issue.keys[0] ?? '']);
    return { code: 'parameter_unknown', param, message: `Received unknown parameter: ${param}` };
  }
  const param = nameOf(issue.path);
  if (issue.code === 'invalid_type') return { code: 'parameter_missing', param, message: `Missing required param: ${param}.` };
  return { ...(issue.message === 'Invalid integer' ? { code: 'parameter_invalid_integer' } : {}), param, message: `${param}: ${issue.message}` };
}

/** A body as this PSP's clients send it: `amount=5&metadata[order]=1&expand[0]=latest_charge`. Every value is a text. */
export type FormValue = string | FormValue[] | { [name: string]: FormValue };

interface Branch {
  leaf?: string;
  readonly children: Map<string, Branch>;
}

const MAX_DEPTH = 8;

/** Undefined when a name is not made of words in brackets. */
export function readForm(text: string): Record<string, FormValue> | undefined {
  const root: Branch = { children: new Map() };
  for (const [name, value] of new URLSearchParams(text)) {
    const parts = partsOf(name);
    if (parts === undefined) return undefined;
    let branch = root;
    for (const part of parts) {
      // `expand[]` takes the next number.
      const key = part === '' ? String(branch.children.size) : part;
      const next = branch.children.get(key) ?? { children: new Map<string, Branch>() };
      branch.children.set(key, next);
      branch = next;
    }
    branch.leaf = value;
  }
  return toRecord(root);
}

function partsOf(name: string): string[] | undefined {
  const [, first, rest = ''] = /^([^[\]]+)((?:\[[^[\]]*\])*)$/.exec(name) ?? [];
  if (first === undefined) return undefined;
  const parts = [first, ...[...rest.matchAll(/\[([^[\]]*)\]/g)].map(([, part = '']) => part)];
  return parts.length > MAX_DEPTH ? undefined : parts;
}

function toValue(branch: Branch): FormValue {
  if (branch.children.size === 0) return branch.leaf ?? '';
  const numbered = [...branch.children.keys()].every((key, index) => key === String(index));
  return numbered ? [...branch.children.values()].map(toValue) : toRecord(branch);
}

/** Object.fromEntries defines fields, so that one called __proto__ is a field. */
function toRecord(branch: Branch): Record<string, FormValue> {
  return Object.fromEntries([...branch.children].map(([name, child]) => [name, toValue(child)]));
}

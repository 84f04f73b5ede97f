// How the vendors speak that speak JSON: all but the PSP.
import type { SystemName } from '../records/collections';
import type { Api, Answer, Operation } from './operations';

export function jsonProblem(status: number, code: string, message: string): Answer {
  return { status, json: JSON.stringify({ error: { code, message } }) };
}

export function jsonApi(system: SystemName, operations: readonly Operation[]): Api {
  return {
    system,
    operations,
    problem: (status, code, message) => jsonProblem(status, code, message).json,
    invalid: ({ issues }) => jsonProblem(400, 'invalid_body', issues.map(({ path, message }) => `${path.join('.') || 'body'}: ${message}`).join('; ')),
    readBody: (text) => {
      try {
        return text === '' ? {} : (JSON.parse(text) as unknown);
      } catch {
        return undefined;
      }
    },
    // A refusal binds nobody: what was wrong may be put right before the next try.
    keepsRefusals: false,
    reusedKey: jsonProblem(422, 'idempotency_key_reused', 'the key was used with another request'),
    busyKey: jsonProblem(409, 'idempotency_key_in_use', 'the first request with this key is not done yet'),
  };
}

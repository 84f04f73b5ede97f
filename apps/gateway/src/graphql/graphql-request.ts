import { RejectedError } from '@steward/platform';

export interface GraphqlRequest {
  query: string | null;
  documentId: string | null;
  operationName: string | null;
  variables: Record<string, unknown>;
}

const ACCEPTED = ['query', 'documentId', 'operationName', 'variables', 'extensions'];

export function requestOfBody(body: string): GraphqlRequest {
  let value: unknown;
  try {
    value = JSON.parse(body);
  } catch (error) {
    throw new RejectedError('GATEWAY_BODY_REFUSED', 'the body is not JSON', { place: '', accepted: '{"query": "…"}', cause: error });
  }
  if (Array.isArray(value))
    throw new RejectedError('GRAPHQL_BATCH_REFUSED', `${String(value.length)} requests in one body`, { place: '', accepted: 'one request object; ask for several things in one document' });
  return requestOf(value);
}

/** GET carries variables as JSON text. */
export function requestOfQuery(query: Readonly<Record<string, unknown>>): GraphqlRequest {
  const { variables, extensions, ...rest } = query;
  return requestOf({ ...rest, variables: parsed(variables, 'variables'), extensions: parsed(extensions, 'extensions') });
}

function parsed(text: unknown, name: string): unknown {
  if (text === undefined || text === '') return undefined;
  try {
    return JSON.parse(String(text));
  } catch (error) {
    throw new RejectedError('GATEWAY_ARGUMENT_REFUSED', `${name} is not JSON`, { place: `/${name}`, accepted: 'a JSON object', cause: error });
  }
}

function requestOf(value: unknown): GraphqlRequest {
  if (!isObject(value)) throw new RejectedError('GATEWAY_BODY_REFUSED', 'the body is no JSON object', { place: '', accepted: '{"query": "…"}' });
  for (const name of Object.keys(value))
    if (!ACCEPTED.includes(name))
      throw new RejectedError('GATEWAY_ARGUMENT_REFUSED', `${JSON.stringify(name.slice(0, 80))} is not known here`, { place: `/${name}`, accepted: ACCEPTED.join(', ') });
  const variables = value['variables'] ?? {};
  if (!isObject(variables)) throw new RejectedError('GATEWAY_ARGUMENT_REFUSED', 'variables is no object', { place: '/variables', accepted: 'a JSON object' });
  return {
    query: textOf(value, 'query'),
    documentId: textOf(value, 'documentId') ?? persistedHashOf(value['extensions']),
    operationName: textOf(value, 'operationName'),
    variables,
  };
}

function textOf(value: Record<string, unknown>, name: string): string | null {
  const text = value[name] ?? null;
  if (text === null || typeof text === 'string') return text === '' ? null : text;
  throw new RejectedError('GATEWAY_ARGUMENT_REFUSED', `${name} is no text`, { place: `/${name}`, accepted: 'text' });
}

/** Where Apollo's clients put the id. */
function persistedHashOf(extensions: unknown): string | null {
  const persisted = isObject(extensions) ? extensions['persistedQuery'] : undefined;
  const hash = isObject(persisted) ? persisted['sha256Hash'] : undefined;
  return typeof hash === 'string' ? hash : null;
}

function isObject(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

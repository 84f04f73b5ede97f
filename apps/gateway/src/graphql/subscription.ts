import type { FastifyReply, FastifyRequest } from 'fastify';
import { subscribe, validate, type DocumentNode, type ExecutionResult, type GraphQLSchema } from 'graphql';
import { RejectedError } from '@steward/platform';
import { eventText, type EventStreams } from '@steward/platform';
import type { GraphqlRequest } from './graphql-request';
import { toShownError } from './graphql.errors';
import type { Execution } from './resolvers';

export const STREAM = 'text/event-stream';

export interface Subscribing {
  readonly schema: GraphQLSchema;
  readonly document: DocumentNode;
  readonly asked: GraphqlRequest;
  readonly execution: Omit<Execution, 'signal'>;
  readonly streams: EventStreams;
}

/** Subscriptions over server-sent events, one a request ("distinct connections" of the GraphQL over SSE protocol): no second protocol needs its own limits and tokens. */
export async function answerSubscription(request: FastifyRequest, reply: FastifyReply, { schema, document, asked, execution, streams }: Subscribing): Promise<FastifyReply> {
  if (request.headers.accept?.includes(STREAM) !== true)
    throw new RejectedError('GRAPHQL_STREAM_NEEDED', 'a subscription is answered as a stream', { place: 'accept', accepted: STREAM });
  const faults = validate(schema, document);
  if (faults.length > 0) throw { errors: faults } as unknown as Error;
  const opened = new AbortController();
  const result = await subscribe({ schema, document, contextValue: { execution: { ...execution, signal: opened.signal } }, variableValues: asked.variables, operationName: asked.operationName });
  if (!(Symbol.asyncIterator in result)) throw { errors: result.errors ?? [] } as unknown as Error;
  return streams.serve(reply, (signal) => {
    signal.addEventListener('abort', () => opened.abort(), { once: true });
    return events(result, schema);
  });
}

async function* events(results: AsyncGenerator<ExecutionResult, void, void>, schema: GraphQLSchema): AsyncGenerator<string> {
  for await (const { data, errors } of results) yield eventText('next', JSON.stringify({ data, ...(errors === undefined ? {} : { errors: errors.map((error) => toShownError(error, schema)) }) }));
  yield eventText('complete', '');
}

import { getDirectiveValues, OperationTypeNode, type OperationDefinitionNode } from 'graphql';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { mercurius } from 'mercurius';
import { RejectedError, type EventStreams, type Logger } from '@steward/platform';
import type { Addresses } from '../feeds/addresses';
import { groupOf } from '../identity/identity';
import { cartSchema } from '../cart/cart.schema';
import { checkoutResolvers } from '../checkout/checkout.resolver';
import { checkoutSchema } from '../checkout/checkout.schema';
import { customerResolvers } from '../customer/customer.resolver';
import { customerSchema } from '../customer/customer.schema';
import type { CheckoutLimit } from '../checkout/checkout-limit';
import type { Ordering } from '../checkout/place-order';
import { orderSchema } from '../order/order.schema';
import { reservationResolvers } from '../reservation/reservation.resolver';
import { reservationSchema } from '../reservation/reservation.schema';
import type { Reserving } from '../reservation/reserve-cart';
import type { Context } from '../storefront/context';
import { fromFastify, hintAt } from '../storefront/problem';
import { spend } from '../storefront/rate-limit';
import type { Reading } from '../storefront/reading';
import { send, sendUncached } from '../storefront/send';
import { ParsedDocuments, type DocumentPolicy } from './documents';
import { answerOf } from './graphql-answer';
import { errorsIn, type ShownError, statusOfErrors, toShownError } from './graphql.errors';
import { requestOfBody, requestOfQuery, type GraphqlRequest } from './graphql-request';
import { checkLimits, operationOf } from './limits';
import { resolvers, type Execution } from './resolvers';
import { schema } from './schema';
import { answerSubscription } from './subscription';
import { StoredAnswers, type Answer } from './stored-answers';

/** Of what is answered at once: nobody waits for its reader to leave. */
const NEVER = new AbortController().signal;
const INSTANT = 'application/graphql-response+json';
export const GRAPHQL_BODY_LIMIT = 64 * 1024;
/** Compiling pays from the second use on; what is asked once stays interpreted. */
const JIT_AFTER = 2;
/** Resolvers give what the schema says, by their types: looking at each leaf again would cost a tenth. Missing in Mercurius's types. */
const compiled = { compilerOptions: { disableLeafSerialization: true } };

export interface GraphqlOptions {
  reading: Reading;
  addresses: Addresses;
  policy: DocumentPolicy;
  logger: Logger;
  ordering: Ordering & Reserving;
  limit: CheckoutLimit;
  streams: EventStreams;
}

/**
 * Mercurius executes; the way in and the way out are ours, so that limits come before validation, an answer given before is
 * sent without being parsed again, and errors look like those of REST.
 */
export async function graphqlRoutes(app: FastifyInstance, options: GraphqlOptions): Promise<void> {
  const { reading, addresses, policy, logger, ordering, limit, streams } = options;
  const shown = resolvers(reading, addresses);
  const buying = checkoutResolvers(ordering, limit);
  const holding = reservationResolvers(ordering, limit);
  const accounts = customerResolvers(ordering, limit);
  await app.register(mercurius, {
    schema: [schema, cartSchema, orderSchema, checkoutSchema, reservationSchema, customerSchema].join(''),
    resolvers: { ...shown, Query: { ...shown.Query, ...buying.Query, ...holding.Query, ...accounts.Query }, Mutation: { ...buying.Mutation, ...holding.Mutation, ...accounts.Mutation } },
    routes: false,
    jit: JIT_AFTER,
    ...compiled,
    errorFormatter: (execution) => ({ statusCode: 200, response: { data: execution.data ?? null, errors: execution.errors ?? [] } }),
  });
  // Mercurius knows subscriptions over its own protocol only, and leaves their resolvers out.
  Object.assign(app.graphql.schema.getSubscriptionType()?.getFields()['order'] ?? {}, buying.Subscription.order);
  const documents = new ParsedDocuments(policy);
  const stored = new StoredAnswers(reading);

  await app.register(async (scope) => {
    // The body stays text: as such it is the key of stored answers.
    scope.addContentTypeParser('application/json', { parseAs: 'string', bodyLimit: GRAPHQL_BODY_LIMIT }, (_request, body, done) => {
      done(null, body);
    });
    // What is refused before the route sees it looks like what the route refuses.
    scope.setErrorHandler((error: FastifyError, request, reply) => refuse(request, reply, fromFastify(error)));
    scope.post('/graphql', { bodyLimit: GRAPHQL_BODY_LIMIT }, (request, reply) => {
      const body = typeof request.body === 'string' ? request.body : '';
      return answer(request, reply, body, () => requestOfBody(body));
    });
    scope.get('/graphql', (request, reply) => answer(request, reply, request.url, () => requestOfQuery(request.query as Record<string, unknown>)));
  });

  /** An answer that is kept stays off the promise queue. */
  function answer(request: FastifyRequest, reply: FastifyReply, text: string, read: () => GraphqlRequest): FastifyReply | Promise<FastifyReply> {
    const headers = reading.contexts.ofHeaders(request.headers, groupOf(request.identity));
    const key = `${Object.values(headers).join('\n')}\n${text}`;
    const kept = stored.find(key, reading.clock.now());
    return kept === undefined ? execute(request, reply, key, headers, read) : deliver(request, reply, kept);
  }

  async function execute(request: FastifyRequest, reply: FastifyReply, key: string, headers: Context, read: () => GraphqlRequest): Promise<FastifyReply> {
    try {
      const asked = read();
      const source = documents.sourceOf(asked);
      const document = documents.parse(source);
      const operation = operationOf(document, asked.operationName);
      const measured = checkLimits(document, operation, asked.variables, policy.introspection);
      spend(request, measured.cost);
      const kind = operation.operation;
      if (kind !== OperationTypeNode.QUERY && request.method !== 'POST')
        throw new RejectedError('GRAPHQL_METHOD_REFUSED', `a ${kind} by ${request.method}`, { place: '/query', accepted: 'POST' });
      const storable = measured.introspection === 0 && kind === OperationTypeNode.QUERY;
      const execution: Execution = { context: contextIn(operation, asked.variables, request) ?? headers, used: [], shownCategories: [], degraded: [], storable, personal: !storable, request, reply, signal: NEVER };
      if (kind === OperationTypeNode.SUBSCRIPTION) return await answerSubscription(request, reply, { schema: app.graphql.schema, document, asked, execution, streams });
      // Mercurius compiles one operation per source: each operation of a document needs a source of its own.
      const own = document.definitions.length > 1 ? `#${asked.operationName ?? ''}\n${source}` : source;
      const result = await reply.graphql(own, { execution }, asked.variables, asked.operationName ?? undefined);
      return await respond(key, execution, result, measured.cost);
    } catch (error) {
      return refuse(request, reply, error);
    }
  }

  function respond(key: string, execution: Execution, result: { data?: unknown; errors?: unknown }, cost: number): FastifyReply {
    const { request, reply } = execution;
    const data = result.data ?? null;
    const thrown: readonly unknown[] = Array.isArray(result.errors) ? result.errors : [];
    const errors = thrown.map((error) => toShownError(error, app.graphql.schema));
    const answered = answerOf(execution, data, errors, cost);
    if (errors.length > 0) {
      for (const error of thrown) logUnforeseen(error);
      return sendErrors(request, reply, errors, statusOfErrors(errors, data !== null && Object.values(data).some((value) => value !== null)), answered.body);
    }
    if (execution.personal) return sendUncached(request, reply, answered, typeFor(request));
    if (execution.storable) stored.keep(key, answered, execution.used.map(({ cached }) => cached));
    return deliver(request, reply, answered);
  }

  function deliver(request: FastifyRequest, reply: FastifyReply, answered: Answer): FastifyReply {
    if (request.method !== 'POST') return send(request, reply, answered, answered.context, reading.clock.now());
    return sendUncached(request, reply, answered, typeFor(request));
  }

  function refuse(request: FastifyRequest, reply: FastifyReply, thrown: unknown): FastifyReply {
    const errors = errorsIn(thrown).map((error) => toShownError(error, app.graphql.schema));
    logUnforeseen(thrown);
    return sendErrors(request, reply, errors, statusOfErrors(errors, false), JSON.stringify({ errors }));
  }

  function logUnforeseen(error: unknown): void {
    const shown = toShownError(error, app.graphql.schema);
    if (shown.extensions.code === 'GATEWAY_FAILED') logger.error({ err: error, traceId: shown.extensions.traceId }, 'GraphQL request failed');
  }

  /** The context of `@inContext` and the headers together; undefined when the query has no directive. */
  function contextIn(operation: OperationDefinitionNode, variables: Record<string, unknown>, request: FastifyRequest): Context | undefined {
    const directive = app.graphql.schema.getDirective('inContext');
    if (directive === null || directive === undefined || operation.directives?.length === 0) return undefined;
    let args: Record<string, unknown> | undefined;
    try {
      args = getDirectiveValues(directive, operation, variables);
    } catch (error) {
      throw new RejectedError('GATEWAY_CONTEXT_REFUSED', error instanceof Error ? error.message : String(error), {
        place: '@inContext',
        accepted: directive.args.map((argument) => argument.name).join(', '),
        cause: error,
      });
    }
    return args === undefined ? undefined : reading.contexts.ofDirective(args, request.headers, groupOf(request.identity));
  }
}

function sendErrors(request: FastifyRequest, reply: FastifyReply, [first]: readonly ShownError[], status: number, body: string | Buffer): FastifyReply {
  hintAt(reply, status, first?.extensions.code ?? 'GATEWAY_FAILED');
  return reply.code(status).header('cache-control', 'no-store').type(typeFor(request)).send(body);
}

function typeFor(request: FastifyRequest): string {
  return request.headers.accept?.includes(INSTANT) === true ? `${INSTANT}; charset=utf-8` : 'application/json; charset=utf-8';
}

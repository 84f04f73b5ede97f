import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { EVENT_STREAM, problem } from './answer';
import type { Route } from './route';

type Json = Record<string, unknown>;

const inputOf = (schema: z.ZodType): Json => {
  const { $schema: _version, ...rest } = z.toJSONSchema(schema, { io: 'input', unrepresentable: 'any' }) as Json;
  return rest;
};

/** What zod says of every instant and every whole number tells a reader nothing. */
const plain = ({ jsonSchema }: { readonly jsonSchema: z.core.JSONSchema.BaseSchema }): void => {
  if (jsonSchema.format === 'date-time') delete jsonSchema.pattern;
  if (jsonSchema.maximum === Number.MAX_SAFE_INTEGER) delete jsonSchema.maximum;
  if (jsonSchema.minimum === Number.MIN_SAFE_INTEGER) delete jsonSchema.minimum;
};

/** All at once, so that what has a name (`id`) is one component, whoever answers with it. Closed: a field that is not here is not answered. */
function describeAnswers(routes: readonly Route[]): { readonly byName: Readonly<Record<string, Json>>; readonly components: Json } {
  const named = routes.flatMap(({ operationId, answer, status, otherwise }) => [
    ...(answer === EVENT_STREAM ? [] : [[nameOf(operationId, status), answer] as const]),
    ...(otherwise === undefined ? [] : [[nameOf(operationId, otherwise.status), otherwise.answer] as const]),
  ]);
  const all = z.toJSONSchema(z.object({ ...Object.fromEntries(named), problem }), { io: 'output', unrepresentable: 'any', override: plain });
  const { properties, $defs } = JSON.parse(JSON.stringify(all).replaceAll('"#/$defs/', '"#/components/schemas/')) as { properties: Record<string, Json>; $defs: Json };
  return { byName: properties, components: $defs };
}

const nameOf = (operationId: string, status: number): string => `${operationId} ${String(status)}`;

/** OpenAPI 3.1, made from the routes themselves: a page that is written by hand is wrong within a month. */
export function openapiOf(routes: readonly Route[]): Json {
  const { byName, components } = describeAnswers(routes);
  const paths: Record<string, Json> = {};
  for (const route of routes) (paths[`/ops/v1${route.path}`] ??= {})[route.method.toLowerCase()] = operationOf(route, byName);
  return {
    openapi: '3.1.0',
    info: {
      title: 'Steward operations', version: '1', license: { name: 'Apache-2.0', identifier: 'Apache-2.0' },
      description: 'What fails, who owns it, what to do next. Acts go to the service that owns the thing; each needs a reason and is audited.',
    },
    security: [{ operator: [] }],
    paths,
    components: {
      securitySchemes: { operator: { type: 'http', scheme: 'bearer', bearerFormat: 'JWT', description: 'Claim `steward_roles`: texts such as `operator:Catalogue` or `admin:*`.' } },
      schemas: components,
    },
  };
}

/** Of a route's other status. */
const statusWords = { 200: 'A dry run: what would be done.', 202: 'Written down: it waits for a second person.' } as const;

function operationOf({ path, operationId, summary, role, query, body, answer, status, otherwise, method }: Route, answers: Readonly<Record<string, Json>>): Json {
  const asked = inputOf(query) as { properties?: Record<string, Json>; required?: string[] };
  const parameters = [
    ...[...path.matchAll(/\{(\w+)\}/g)].map(([, name]) => ({ name, in: 'path', required: true, schema: { type: 'string' } })),
    ...Object.entries(asked.properties ?? {}).map(([name, schema]) => ({ name, in: 'query', required: asked.required?.includes(name) ?? false, schema })),
  ];
  const refusals = [400, 401, 403, 404, ...(method === 'POST' ? [409] : []), 429, 503];
  return {
    operationId,
    summary,
    description: `Needs the role \`${role}\`.`,
    'x-steward-role': role,
    parameters,
    ...(body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: inputOf(body) } } } }),
    responses: {
      [status]: { description: 'Done.', content: answer === EVENT_STREAM ? { [EVENT_STREAM]: { schema: { type: 'string' } } } : { 'application/json': { schema: answers[nameOf(operationId, status)] } } },
      ...(otherwise === undefined ? {} : { [otherwise.status]: { description: statusWords[otherwise.status], content: { 'application/json': { schema: answers[nameOf(operationId, otherwise.status)] } } } }),
      ...Object.fromEntries(refusals.map((each) => [each, { description: 'Refused; the code says why.', content: { 'application/problem+json': { schema: { $ref: '#/components/schemas/Problem' } } } }])),
    },
  };
}

/** The description for everybody, a page to try it in development only: all of it served from here, no script comes from a CDN. */
export async function openapiRoutes(app: FastifyInstance, routes: readonly Route[], page: boolean): Promise<void> {
  const text = JSON.stringify(openapiOf(routes));
  app.get('/ops/v1/openapi.json', (_request, reply) => reply.header('cache-control', 'public, max-age=300').type('application/json; charset=utf-8').send(text));
  if (!page) return;
  await app.register(fastifySwagger, { mode: 'static', specification: { document: JSON.parse(text) as never } });
  await app.register(fastifySwaggerUi, { routePrefix: '/ops/v1/docs', staticCSP: true });
}

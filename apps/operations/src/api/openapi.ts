import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { errorTable } from '@steward/platform';
import { z } from 'zod';
import type { Route } from './route';

type Json = Record<string, unknown>;

const problem = {
  type: 'object',
  description: 'RFC 9457 with a code; `errors` names each place that is meant and what is accepted there.',
  required: ['type', 'title', 'status', 'code', 'detail', 'errors', 'traceId'],
  properties: {
    type: { type: 'string' }, title: { type: 'string' }, status: { type: 'integer' }, code: { enum: Object.keys(errorTable) }, detail: { type: 'string' },
    errors: { type: 'array', items: { type: 'object', properties: { pointer: { type: 'string' }, detail: { type: 'string' }, accepted: { type: 'string' } } } },
    traceId: { type: 'string' },
  },
};

const schemaOf = (schema: z.ZodType, io: 'input' | 'output'): Json => {
  const { $schema: _version, ...rest } = z.toJSONSchema(schema, { io, unrepresentable: 'any' }) as Json;
  return rest;
};

/** OpenAPI 3.1, made from the routes themselves: a page that is written by hand is wrong within a month. */
export function openapiOf(routes: readonly Route[]): Json {
  const paths: Record<string, Json> = {};
  for (const route of routes) (paths[`/ops/v1${route.path}`] ??= {})[route.method.toLowerCase()] = operationOf(route);
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
      schemas: { Problem: problem },
    },
  };
}

function operationOf({ path, operationId, summary, role, query, body, answer, status, method }: Route): Json {
  const asked = schemaOf(query, 'input') as { properties?: Record<string, Json>; required?: string[] };
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
    ...(body === undefined ? {} : { requestBody: { required: true, content: { 'application/json': { schema: schemaOf(body, 'input') } } } }),
    responses: {
      [status]: { description: 'Done.', content: { 'application/json': { schema: answer === undefined ? { type: 'object' } : schemaOf(answer, 'output') } } },
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

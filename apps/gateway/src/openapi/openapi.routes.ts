import fastifySwagger from '@fastify/swagger';
import fastifySwaggerUi from '@fastify/swagger-ui';
import type { FastifyInstance } from 'fastify';
import { openapiDocument } from './openapi.document';

/** The description itself; a page to read and try it in development only, all of it served from here: no script comes from a CDN. */
export async function openapiRoutes(app: FastifyInstance, page: boolean): Promise<void> {
  const text = JSON.stringify(openapiDocument);
  app.get('/openapi.json', (_request, reply) => reply.header('cache-control', 'public, max-age=300').type('application/json; charset=utf-8').send(text));
  if (!page) return;
  await app.register(fastifySwagger, { mode: 'static', specification: { document: JSON.parse(text) as never } });
  await app.register(fastifySwaggerUi, { routePrefix: '/docs', staticCSP: true });
}

import type { FastifyInstance } from 'fastify';
import { z } from 'zod';
import { parseBody, parseQuery } from '../control/parameters';
import { algorithms, tokenBody, type Issuer } from './issuer';

const nothing = z.strictObject({});
const rotateBody = z.strictObject({ forgetOld: z.boolean().default(false) });

/** What an OpenID Connect provider tells everybody. It has no page to sign in on: tokens come from the control API. */
export function mountIssuer(server: FastifyInstance, issuer: Issuer, address: () => string): void {
  server.get('/identity/.well-known/openid-configuration', async () => ({
    issuer: address(),
    jwks_uri: `${address()}/jwks.json`,
    response_types_supported: [],
    subject_types_supported: ['public'],
    id_token_signing_alg_values_supported: algorithms,
    claims_supported: ['iss', 'sub', 'aud', 'iat', 'exp', 'steward_customer', 'steward_group', 'steward_roles'],
  }));
  server.get('/identity/jwks.json', async (_request, reply) => reply.header('cache-control', 'public, max-age=60').send({ keys: await issuer.publicKeys() }));
}

export function mountIdentityControl(server: FastifyInstance, issuer: Issuer): void {
  server.post('/_control/identity/token', async (request) => {
    parseQuery(nothing, request.query);
    return issuer.issue(parseBody(tokenBody, request.body));
  });
  server.post('/_control/identity/rotate', async (request) => {
    parseQuery(nothing, request.query);
    return { keys: await issuer.rotate(parseBody(rotateBody, request.body ?? {}).forgetOld) };
  });
}

// The vendors' own APIs: `GET /<system>/<collection>`, read by the adapters. In order: counted, authorised,
// limited, read, and only then spoiled. The read comes before a `slow` fault's wait on purpose: an answer that is
// old when it arrives is what a slow vendor really gives.
import { timingSafeEqual } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '@steward/platform';
import { collectionSpecs, collectionsOf, systemNames, type CollectionSpec, type SystemName } from '../records/systems';
import type { Store } from '../store/store';
import type { Calls } from './calls';
import type { Fault, Faults } from './faults';
import { answer, spoil, type Question } from './pages';
import type { Grant } from './rate-limit';

export interface VendorParts {
  readonly store: Store;
  readonly faults: Faults;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly token: string;
  readonly limit: (name: string) => Grant;
  readonly perSecond: number;
}

const MAX_LIMIT = 500;
const MAX_IDS = 200;
const START = '1970-01-01T00:00:00.000Z';

const query = z.strictObject({
  modifiedSince: z.iso.datetime({ offset: true }).default(START),
  after: z.string().default(''),
  limit: z.coerce.number().int().min(1).max(MAX_LIMIT).default(100),
  sort: z.enum(['modified', 'id']).default('modified'),
  page: z.coerce.number().int().min(1).optional(),
  ids: z.unknown().optional(),
});

export function mountVendors(server: FastifyInstance, parts: VendorParts): void {
  for (const system of systemNames) {
    server.all(`/${system}/*`, async (request, reply) => {
      const spec = specOf(system, pathOf(request));
      const route = `${request.method} ${spec ? `/${system}/${spec.name}` : `/${system}/*`}`;
      parts.calls.arrived(system, route, header(request, 'x-request-id'));
      const status = await serve(parts, system, spec, request, reply);
      parts.calls.answered(system, route, status);
      return reply;
    });
  }
}

async function serve(parts: VendorParts, system: SystemName, spec: CollectionSpec | undefined, request: FastifyRequest, reply: FastifyReply): Promise<number | 'dropped'> {
  if (!isToken(header(request, 'authorization'), parts.token)) {
    void reply.header('www-authenticate', 'Bearer');
    return refuse(reply, 401, 'unauthorized', 'send authorization: Bearer <token>');
  }
  const grant = parts.limit(system);
  void reply.header('x-ratelimit-limit', parts.perSecond).header('x-ratelimit-remaining', grant.remaining);
  if (!grant.granted) return tooMany(reply, grant.retryAfterSeconds);
  if (!spec) return refuse(reply, 404, 'unknown_collection', unknown(system));
  if (request.method !== 'GET') return refuse(reply, 405, 'method_not_allowed', 'accepted: GET');
  const question = toQuestion(request);
  if (typeof question === 'string') return refuse(reply, 400, 'invalid_parameter', question);
  return deliver(parts, system, spec, question, request, reply);
}

async function deliver(parts: VendorParts, system: SystemName, spec: CollectionSpec, question: Question, request: FastifyRequest, reply: FastifyReply): Promise<number | 'dropped'> {
  const collection = parts.store.of(spec);
  let page = answer(collection, question, [], parts.clock.now());
  const named = new Set(question.ids ?? page.items.map((entry) => entry.id));
  const faults = parts.faults.take(system, pathOf(request), (id) => named.has(id));
  const stale = faults.filter((fault) => fault.spec.kind === 'stale');
  if (stale.length > 0) page = answer(collection, question, stale, parts.clock.now());
  const body = spoil(page, faults);
  for (const fault of faults) {
    const outcome = await strike(parts.clock, fault, request, reply);
    if (outcome !== undefined) return outcome;
  }
  await reply.type('application/json').send(body);
  return 200;
}

/** What a fault does to the answer as a whole; undefined when it is still to be sent. */
async function strike(clock: Clock, { spec, ended }: Fault, request: FastifyRequest, reply: FastifyReply): Promise<number | 'dropped' | undefined> {
  switch (spec.kind) {
    case 'error':
      return refuse(reply, spec.status ?? 500, 'internal_error', 'something went wrong', spec.retryAfterSeconds);
    case 'rate-limit':
      return tooMany(reply, spec.retryAfterSeconds ?? 1);
    case 'slow':
      await clock.sleep(spec.delayMs ?? 2_000, ended).catch(() => undefined);
      return undefined;
    case 'hang':
      await endOf(ended, request);
      return drop(request, reply);
    case 'drop-after-commit':
      return drop(request, reply);
    default:
      return undefined;
  }
}

function drop(request: FastifyRequest, reply: FastifyReply): 'dropped' {
  reply.hijack();
  request.raw.socket.destroy();
  return 'dropped';
}

async function endOf(ended: AbortSignal, request: FastifyRequest): Promise<void> {
  if (ended.aborted || request.raw.socket.destroyed) return;
  await new Promise<void>((resolve) => {
    ended.addEventListener('abort', () => resolve(), { once: true });
    request.raw.socket.once('close', () => resolve());
  });
}

function tooMany(reply: FastifyReply, seconds: number): number {
  return refuse(reply, 429, 'rate_limited', 'too many requests', seconds);
}

/** Vendors have an error format of their own; problem+json is for the control API. */
function refuse(reply: FastifyReply, status: number, code: string, message: string, retryAfterSeconds?: number): number {
  if (retryAfterSeconds !== undefined) void reply.header('retry-after', String(retryAfterSeconds));
  void reply.code(status).type('application/json').send(JSON.stringify({ error: { code, message } }));
  return status;
}

function toQuestion(request: FastifyRequest): Question | string {
  const parsed = query.safeParse(request.query);
  if (!parsed.success) return parsed.error.issues.map((issue) => `${issue.path.join('.') || 'query'}: ${issue.message}`).join('; ');
  const { modifiedSince, after, limit, sort } = parsed.data;
  const asked: Question = { sort, limit, from: { modifiedAt: Date.parse(modifiedSince), id: after } };
  if (parsed.data.ids === undefined) return asked;
  const ids = idsOf(request.raw.url ?? '');
  if (ids === undefined) return 'ids: not percent-encoded UTF-8';
  if (ids.length > MAX_IDS) return `ids: at most ${MAX_IDS} at a time`;
  return { ...asked, ids };
}

/** Ids are split before they are decoded, so that one with a comma in it can be asked for: `ids=a%2Cb,c` is two. */
function idsOf(url: string): string[] | undefined {
  const pairs = url.slice(url.indexOf('?') + 1).split('&');
  const values = pairs.filter((pair) => pair.startsWith('ids=')).map((pair) => pair.slice('ids='.length));
  const ids = values.flatMap((value) => value.split(',')).filter((id) => id !== '');
  try {
    return [...new Set(ids.map((id) => decodeURIComponent(id.replaceAll('+', ' '))))];
  } catch {
    return undefined;
  }
}

function specOf(system: SystemName, path: string): CollectionSpec | undefined {
  return collectionSpecs.find((spec) => spec.system === system && path === `/${system}/${spec.name}`);
}

function unknown(system: SystemName): string {
  return `there is only ${collectionsOf(system).map((name) => `/${system}/${name}`).join(', ')}`;
}

function pathOf(request: FastifyRequest): string {
  return (request.raw.url ?? '').split('?', 1)[0] ?? '';
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

function isToken(given: string | undefined, token: string): boolean {
  const wanted = Buffer.from(`Bearer ${token}`);
  const offered = Buffer.from(given ?? '');
  return offered.length === wanted.length && timingSafeEqual(offered, wanted);
}

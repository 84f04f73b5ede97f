// How every call of a vendor's API is taken. In order: counted, authorised, limited, understood, and only then spoiled.
// 1. A read looks before a `slow` fault's wait on purpose: an answer that is old when it arrives is what a slow vendor really gives.
// 2. A write meets what keeps it from being done first (error, refuse, hang, drop-before-commit: nothing has happened), then
//    waits for `late-commit` whether or not the caller does, is done in one turn, and only then may lose its answer
//    (slow, drop-after-commit).
// 3. A key is busy while its first request waits to be done; the second is told so, and not done.
import { timingSafeEqual } from 'node:crypto';
import type { FastifyReply, FastifyRequest } from 'fastify';
import type { Clock } from '@steward/platform';
import type { Store } from '../store/store';
import type { Announce } from './announcer';
import type { Calls } from './calls';
import type { Fault, Faults } from './faults';
import { findOperation, type Answer, type Api, type Found, type Plan } from './operations';
import { spoilOne } from './pages';
import type { Grant } from './rate-limit';
import { hashOf, knownReply, partsWithReply, type Keyed } from './replies';

export interface VendorParts {
  readonly store: Store;
  readonly announce: Announce;
  readonly faults: Faults;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly token: string;
  readonly limit: (name: string) => Grant;
  readonly perSecond: number;
  /** Aborts when the sandbox stops: what still waits to be done is not done any more. */
  readonly stopping: AbortSignal;
}

interface Call {
  readonly api: Api;
  readonly path: string;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

type Outcome = number | 'dropped';

export function createDesk(parts: VendorParts): (api: Api, path: string, request: FastifyRequest, reply: FastifyReply) => Promise<FastifyReply> {
  const busy = new Set<string>();
  return async (api, path, request, reply) => {
    const found = findOperation(api.operations, request.method, path);
    const route = `${request.method} ${found.kind === 'found' ? found.operation.path : found.kind === 'other-method' ? found.path : `/${api.system}/*`}`;
    parts.calls.arrived(api.system, route, header(request, 'x-request-id'));
    const outcome = await take(parts, busy, { api, path, request, reply }, found);
    parts.calls.answered(api.system, route, outcome);
    return reply;
  };
}

async function take(parts: VendorParts, busy: Set<string>, call: Call, found: Found): Promise<Outcome> {
  const { api, request, reply } = call;
  void reply.headers(api.headers?.() ?? {});
  if (!isToken(header(request, 'authorization'), parts.token)) {
    void reply.header('www-authenticate', 'Bearer');
    return refuse(call, 401, 'unauthorized', 'send authorization: Bearer <token>');
  }
  const grant = parts.limit(api.system);
  void reply.header('x-ratelimit-limit', parts.perSecond).header('x-ratelimit-remaining', grant.remaining);
  if (!grant.granted) return tooMany(call, grant.retryAfterSeconds);
  if (found.kind === 'nothing') return refuse(call, 404, 'unknown_collection', `there is only ${pathsOf(api)}`);
  if (found.kind === 'other-method') return refuse(call, 405, 'method_not_allowed', `accepted: ${found.methods.join(', ')}`);
  const text = typeof request.body === 'string' ? request.body : '';
  const plan = planOf(call, found, text);
  const key = header(request, 'idempotency-key');
  switch (plan.kind) {
    case 'refused':
      return send(call, plan.answer);
    case 'read':
      return read(parts, call, plan);
    case 'write':
      return write(parts, busy, call, plan, key === undefined || request.method !== 'POST' ? undefined : { key, hash: hashOf(request.method, call.path, text) });
  }
}

function planOf({ api, request }: Call, found: Found & { kind: 'found' }, text: string): Plan {
  const { operation, params } = found;
  const ask = { params, url: request.raw.url ?? '', query: request.query as Record<string, unknown>, idempotencyKey: header(request, 'idempotency-key') };
  if (!operation.body) return operation.plan({ ...ask, body: undefined });
  const given = api.readBody(text);
  if (given === undefined) return { kind: 'refused', answer: { status: 400, json: api.problem(400, 'invalid_body', 'the body is not what its content-type says') } };
  const parsed = operation.body.safeParse(given);
  return parsed.success ? operation.plan({ ...ask, body: parsed.data }) : { kind: 'refused', answer: api.invalid(parsed.error) };
}

async function read(parts: VendorParts, call: Call, plan: Plan & { kind: 'read' }): Promise<Outcome> {
  let shown = plan.look([]);
  const { names } = shown;
  const faults = parts.faults.ofRequest(call.api.system, call.request.method, call.path, (id) => names.includes(id));
  const stale = faults.filter((fault) => fault.spec.kind === 'stale');
  if (stale.length > 0) shown = plan.look(stale);
  const json = shown.text(faults);
  for (const fault of faults) {
    const outcome = (await keepFrom(call, fault)) ?? (await spoilAnswer(parts.clock, call, fault));
    if (outcome !== undefined) return outcome;
  }
  return send(call, { status: shown.status, json });
}

async function write(parts: VendorParts, busy: Set<string>, call: Call, plan: Plan & { kind: 'write' }, keyed: Keyed | undefined): Promise<Outcome> {
  const { api, request } = call;
  const busyKey = keyed && `${api.system} ${keyed.key}`;
  if (busyKey !== undefined && busy.has(busyKey)) return send(call, api.busyKey);
  const names = [...plan.names, ...(keyed ? [keyed.key] : [])];
  const faults = parts.faults.ofRequest(api.system, request.method, call.path, (id) => names.includes(id));
  for (const fault of faults) {
    const outcome = await keepFrom(call, fault);
    if (outcome !== undefined) return outcome;
  }
  const late = faults.filter(({ spec }) => spec.kind === 'late-commit');
  if (busyKey !== undefined && late.length > 0) busy.add(busyKey);
  for (const { spec, ended } of late) await parts.clock.sleep(spec.delayMs ?? 2_000, ended);
  if (busyKey !== undefined) busy.delete(busyKey);
  if (parts.stopping.aborted) return drop(call);
  const done = perform(parts, api, plan, keyed);
  for (const fault of faults) {
    const outcome = await spoilAnswer(parts.clock, call, fault);
    if (outcome !== undefined) return outcome;
  }
  return send(call, done.json === '' ? done : { ...done, json: spoilOne(done.json, faults) });
}

function perform({ store, announce }: VendorParts, api: Api, plan: Plan & { kind: 'write' }, keyed: Keyed | undefined): Answer {
  const known = keyed && knownReply(store, api, keyed);
  if (known) return known;
  const deed = plan.act();
  const wanted = keyed ? partsWithReply(api, deed, keyed) : deed.parts;
  const entries = wanted.length === 0 ? [] : store.commit(wanted, announce);
  return deed.answer(entries);
}

/** Faults that end a call before anything is done; undefined when it may go on. */
async function keepFrom(call: Call, { spec, ended }: Fault): Promise<Outcome | undefined> {
  switch (spec.kind) {
    case 'error':
      return refuse(call, spec.status ?? 500, spec.code ?? 'internal_error', spec.message ?? 'something went wrong', spec.retryAfterSeconds);
    case 'refuse':
      return refuse(call, spec.status ?? 422, spec.code ?? 'refused', spec.message ?? 'the system does not want this');
    case 'rate-limit':
      return tooMany(call, spec.retryAfterSeconds ?? 1);
    case 'hang':
      await endOf(ended, call.request);
      return drop(call);
    case 'drop-before-commit':
      return drop(call);
    default:
      return undefined;
  }
}

/** Faults that come between what was done and its answer. */
async function spoilAnswer(clock: Clock, call: Call, { spec, ended }: Fault): Promise<Outcome | undefined> {
  if (spec.kind === 'slow') await clock.sleep(spec.delayMs ?? 2_000, ended);
  return spec.kind === 'drop-after-commit' ? drop(call) : undefined;
}

function drop({ request, reply }: Call): 'dropped' {
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

function tooMany(call: Call, seconds: number): number {
  return refuse(call, 429, 'rate_limited', 'too many requests', seconds);
}

/** Vendors have error formats of their own; problem+json is for the control API. */
function refuse(call: Call, status: number, code: string, message: string, retryAfterSeconds?: number): number {
  if (retryAfterSeconds !== undefined) void call.reply.header('retry-after', String(retryAfterSeconds));
  return send(call, { status, json: call.api.problem(status, code, message) });
}

function send({ reply }: Call, { status, json, headers = {} }: Answer): number {
  void reply.code(status).headers(headers);
  void (json === '' ? reply.send() : reply.type('application/json').send(json));
  return status;
}

function pathsOf({ operations }: Api): string {
  return [...new Set(operations.map(({ path }) => path).filter((path) => !path.includes('{')))].join(', ');
}

function header(request: FastifyRequest, name: string): string | undefined {
  const value = request.headers[name];
  return Array.isArray(value) ? value[0] : value;
}

/** As a bearer, or as the user of basic authentication, which is how `curl -u` sends the key of a PSP. */
function isToken(given = '', token: string): boolean {
  const offered = Buffer.from(given);
  return [`Bearer ${token}`, `Basic ${Buffer.from(`${token}:`).toString('base64')}`].some((text) => {
    const wanted = Buffer.from(text);
    return offered.length === wanted.length && timingSafeEqual(offered, wanted);
  });
}

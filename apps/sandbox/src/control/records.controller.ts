// The control API of records: what a tester writes here is what a system of record would hold.
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { RejectedError } from '@steward/platform';
import type { CollectionSpec } from '../records/collections';
import { checkNeeds, checkRecord, findSpec, pointerOf } from '../records/systems';
import type { Store, Write } from '../store/store';
import type { Announce } from '../vendor/announcer';
import { parseQuery, writeQuery, removeQuery, listQuery } from './parameters';

const MAX_RECORDS = 10_000;

interface Place {
  readonly system: string;
  readonly collection: string;
  readonly id?: string;
}

export function mountRecords(server: FastifyInstance, store: Store, announce: Announce): void {
  const one = '/_control/:system/:collection/:id';
  const all = '/_control/:system/:collection';

  server.get(one, async (request, reply) => {
    parseQuery(z.strictObject({}), request.query);
    return show(reply, store, place(request));
  });
  server.get(all, async (request, reply) => {
    const { id, after, limit } = parseQuery(listQuery, request.query);
    if (id !== undefined) return show(reply, store, { ...place(request), id });
    const collection = store.of(specAt(request));
    const found = collection.listedAfter(after, limit === undefined ? Number.POSITIVE_INFINITY : limit + 1);
    const items = found.slice(0, limit);
    const next = found.length > items.length ? JSON.stringify(items.at(-1)?.id) : 'null';
    return json(reply, 200, `{"items":[${items.map((entry) => entry.json).join(',')}],"total":${collection.size},"next":${next}}`);
  });
  server.put(one, async (request, reply) => put(request, reply, store, announce));
  server.put(all, async (request, reply) => put(request, reply, store, announce));
  server.post(all, async (request, reply) => post(request, reply, store, announce));
  server.delete(one, async (request, reply) => remove(request, reply, store, announce));
  server.delete(all, async (request, reply) => remove(request, reply, store, announce));
}

function put(request: FastifyRequest, reply: FastifyReply, store: Store, announce: Announce): FastifyReply {
  const query = parseQuery(writeQuery, request.query);
  const spec = specAt(request);
  const id = idAt(request, query.id);
  const record = toRecord(store, spec, id, asObject(request.body, ''), query.unchecked, '');
  const existed = store.of(spec).get(id) !== undefined;
  if (query.unstamped) return json(reply, 200, store.overwrite(spec, id, record)?.json ?? 'null');
  const [entry] = store.write(spec, [{ id, record }], query.commitAfterMs, (changes) => announce(changes, query.webhook));
  return json(reply, query.commitAfterMs > 0 ? 202 : existed ? 200 : 201, entry?.json ?? 'null');
}

function post(request: FastifyRequest, reply: FastifyReply, store: Store, announce: Announce): FastifyReply {
  const query = parseQuery(writeQuery.omit({ id: true, unstamped: true }), request.query);
  const spec = specAt(request);
  if (!Array.isArray(request.body) || request.body.length === 0 || request.body.length > MAX_RECORDS)
    throw new RejectedError('SANDBOX_BODY_INVALID', 'the body is not a list of records', { place: '', accepted: `an array of 1 to ${MAX_RECORDS} records, each with its id` });
  const writes = request.body.map((item: unknown, index): Write => {
    const given = asObject(item, `/${index}`);
    const id = given['id'];
    if (typeof id !== 'string' || id === '') throw new RejectedError('SANDBOX_RECORD_INVALID', 'a record of a list names itself', { place: `/${index}/id`, accepted: 'a non-empty string; a record whose own id is something else is planted by PUT …/{id}?unchecked=true' });
    return { id, record: toRecord(store, spec, id, given, query.unchecked, `/${index}`) };
  });
  const entries = store.write(spec, writes, query.commitAfterMs, (changes) => announce(changes, query.webhook));
  const modifiedAt = new Date(entries[0]?.modifiedAt ?? 0).toISOString();
  return json(reply, query.commitAfterMs > 0 ? 202 : 200, JSON.stringify({ written: entries.length, modifiedAt, lastVersion: entries.at(-1)?.version }));
}

function remove(request: FastifyRequest, reply: FastifyReply, store: Store, announce: Announce): FastifyReply {
  const query = parseQuery(removeQuery, request.query);
  const spec = specAt(request);
  const id = idAt(request, query.id);
  if (!store.remove(spec, id, (changes) => announce(changes, query.webhook))) throw notFound(spec, id);
  return reply.code(204).send();
}

/** Poison is allowed on purpose: unchecked, the record is kept as given; only the stamps are always the store's. */
function toRecord(store: Store, spec: CollectionSpec, id: string, given: Record<string, unknown>, unchecked: boolean, at: string): Record<string, unknown> {
  if (unchecked) return { id, ...given };
  if (given['id'] !== undefined && given['id'] !== id)
    throw new RejectedError('SANDBOX_RECORD_INVALID', 'the body names another record than the address', { place: `${at}/id`, accepted: `${JSON.stringify(id)}, or no id` });
  const record = checkRecord(spec, id, given, at);
  const { along } = spec;
  if (along) checkNeeds(spec, record, (needed) => store.of(along.into).get(needed) !== undefined, at);
  return record;
}

function show(reply: FastifyReply, store: Store, { system, collection, id = '' }: Place): FastifyReply {
  const spec = findSpec(system, collection);
  const entry = store.of(spec).get(id);
  if (!entry) throw notFound(spec, id);
  return json(reply, 200, entry.json);
}

function notFound(spec: CollectionSpec, id: string): RejectedError {
  return new RejectedError('SANDBOX_NOT_FOUND', `${spec.system}/${spec.name} has no record ${JSON.stringify(id)}`, { place: pointerOf([id]), accepted: `what GET /_control/${spec.system}/${spec.name} lists` });
}

function asObject(body: unknown, at: string): Record<string, unknown> {
  if (typeof body === 'object' && body !== null && !Array.isArray(body)) return body as Record<string, unknown>;
  throw new RejectedError('SANDBOX_BODY_INVALID', 'a record is a JSON object', { place: at, accepted: 'an object with content-type application/json' });
}

function place(request: FastifyRequest): Place {
  return request.params as Place;
}

function specAt(request: FastifyRequest): CollectionSpec {
  const { system, collection } = place(request);
  return findSpec(system, collection);
}

/** `?id=` is for the ids that no URL path can carry: clients remove '.' and '..' before they send. */
function idAt(request: FastifyRequest, fromQuery: string | undefined): string {
  const id = place(request).id ?? fromQuery;
  if (id !== undefined && id !== '') return id;
  throw new RejectedError('SANDBOX_PARAMETER_INVALID', 'which record?', { place: 'id', accepted: '/_control/{system}/{collection}/{id}, percent-encoded, or ?id= for "." and ".."' });
}

function json(reply: FastifyReply, status: number, text: string): FastifyReply {
  return reply.code(status).type('application/json').send(text);
}

// The control API of everything that is not a record: faults, call counts, schemas, the seed.
import type { FastifyInstance, FastifyRequest } from 'fastify';
import { z } from 'zod';
import type { Clock } from '@steward/platform';
import { collections, systemNames, type SystemName } from '../records/collections';
import { asSystem, collectionsOf, schemasOf } from '../records/systems';
import type { Store } from '../store/store';
import { shipBody, shipmentsOf } from '../trade/shipping';
import type { Announce } from '../vendor/announcer';
import type { Calls } from '../vendor/calls';
import { faultBody, type Faults } from '../vendor/faults';
import type { Api } from '../vendor/operations';
import { forgetReplies } from '../vendor/replies';
import { parseBody, parseQuery } from './parameters';
import { plant, seedBody } from './seed';

const nothing = z.strictObject({});

export interface LeverParts {
  readonly store: Store;
  readonly faults: Faults;
  readonly calls: Calls;
  readonly clock: Clock;
  readonly announce: Announce;
  readonly apis: readonly Api[];
}

export function mountLevers(server: FastifyInstance, { store, faults, calls, clock, announce, apis }: LeverParts): void {
  server.get('/_control', async () => ({ systems: Object.fromEntries(systemNames.map((system) => [system, collectionsOf(system)])) }));

  server.get('/_control/:system/schema', async (request) => {
    const system = systemAt(request);
    return { system, collections: schemasOf(system), requests: requestsOf(apis, system) };
  });

  server.get('/_control/:system/calls', async (request) => calls.read(systemAt(request)));
  server.delete('/_control/:system/calls', async (request, reply) => {
    calls.reset(systemAt(request));
    return reply.code(204).send();
  });

  server.delete('/_control/:system/idempotency-keys', async (request) => ({ forgotten: forgetReplies(store, systemAt(request)) }));

  server.get('/_control/:system/faults', async (request) => ({ faults: faults.list(systemAt(request)) }));
  server.post('/_control/:system/faults', async (request, reply) => {
    const system = systemAt(request);
    faults.add(system, parseBody(faultBody, request.body));
    return reply.code(201).send({ faults: faults.list(system) });
  });
  server.delete('/_control/:system/faults', async (request) => ({ cleared: faults.clear(systemAt(request)) }));

  server.post('/_control/erp/ship', async (request, reply) => {
    parseQuery(nothing, request.query);
    const shipments = shipmentsOf(store, parseBody(shipBody, request.body), clock.now());
    const entries = store.write(collections.shipments, shipments, 0, announce);
    return reply.code(201).send({ shipments: entries.map(({ json }) => JSON.parse(json) as unknown) });
  });

  server.post('/_control/seed', async (request) => {
    parseQuery(nothing, request.query);
    return plant(store, parseBody(seedBody, request.body ?? {}));
  });
}

/** What a shop may send, by call. */
function requestsOf(apis: readonly Api[], system: SystemName): Record<string, unknown> {
  const operations = apis.filter((api) => api.system === system).flatMap((api) => api.operations);
  return Object.fromEntries(operations.flatMap(({ method, path, body }) => (body ? [[`${method} ${path}`, z.toJSONSchema(body, { io: 'input', unrepresentable: 'any' })]] : [])));
}

function systemAt(request: FastifyRequest): SystemName {
  parseQuery(nothing, request.query);
  return asSystem((request.params as { system: string }).system);
}

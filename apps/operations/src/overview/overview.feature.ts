import { contracts } from '@steward/contracts';
import { z } from 'zod';
import type { Feature } from '../api/feature';
import { notFound } from '../api/outcomes';
import { ownersSeen } from '../api/roles';
import { defineRoute } from '../api/route';
import { allFlows, type AllFlows } from '../flows/all-flows';
import { listContracts, showContract } from './catalogue';
import { countOpen, rankUrgent } from './ranking';
import { checkReadiness } from './readiness';

/** The page of what is urgent waits for nobody for long. */
const FLOWS_WITHIN_MS = 1_500;

export const overviewFeature: Feature = {
  name: 'overview',
  open: ({ database, ask }) => ({
    routes: [
      defineRoute({
        method: 'GET', path: '/overview', operationId: 'overview', summary: 'What needs somebody now, by harm and age; how much is open; what is late, paused or silent', role: 'viewer',
        answer: z.object({ urgent: z.array(z.looseObject({ what: z.string(), id: z.string(), score: z.number() })), open: z.looseObject({ groups: z.number(), letters: z.number() }), flows: z.looseObject({ late: z.array(z.unknown()) }) }),
        handle: async ({ who }) => {
          const owners = ownersSeen(who);
          const [urgent, open, flows] = await Promise.all([rankUrgent(database, owners), countOpen(database, owners), allFlows(ask, FLOWS_WITHIN_MS)]);
          return { urgent, open, flows: strip(flows) };
        },
      }),
      defineRoute({ method: 'GET', path: '/contracts', operationId: 'contracts', summary: 'Every contract with its owner, producers, consumers, promises, and what is open of it', role: 'viewer', handle: async () => ({ items: await listContracts(database) }) }),
      defineRoute({
        method: 'GET', path: '/contracts/{entity}', operationId: 'contract', summary: 'One contract', role: 'viewer',
        handle: async ({ params }) => {
          const found = contracts.filter(({ entity }) => entity === params['entity']);
          if (found.length === 0) throw notFound('contract', params['entity'] ?? '');
          return { items: found.map(showContract) };
        },
      }),
      defineRoute({ method: 'GET', path: '/readiness', operationId: 'readiness', summary: 'The six checks of readiness, from facts, with what is missing', role: 'viewer', handle: async () => checkReadiness(database, await allFlows(ask)) }),
    ],
  }),
};

/** Only what is not as it should be. */
function strip({ items, dependencies, silent }: AllFlows): object {
  return {
    running: items.filter(({ state }) => state === 'running').length,
    late: items.filter(({ state, latenessMs, promiseMs }) => state === 'running' && latenessMs !== null && promiseMs !== null && latenessMs > promiseMs),
    paused: items.filter(({ state }) => state === 'paused'),
    troubled: dependencies.filter(({ breaker, pausedUntil }) => breaker !== 'closed' || pausedUntil !== null),
    silent,
  };
}

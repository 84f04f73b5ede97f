import { contracts } from '@steward/contracts';
import { z } from 'zod';
import type { Answered } from '../api/answer';
import type { Feature } from '../api/feature';
import { notFound } from '../api/outcomes';
import { ownersSeen } from '../api/roles';
import { defineRoute } from '../api/route';
import { allFlows, type AllFlows, dependencyView, flowView, silentView } from '../flows/all-flows';
import { contractView, listContracts, listedContract, showContract } from './catalogue';
import { countOpen, openView, rankUrgent, urgentView } from './ranking';
import { checkReadiness, readinessView } from './readiness';

/** The page of what is urgent waits for nobody for long. */
const FLOWS_WITHIN_MS = 1_500;

const troubled = z.object({ running: z.int(), late: z.array(flowView), paused: z.array(flowView), troubled: z.array(dependencyView), silent: z.array(silentView) });

export const overviewFeature: Feature = {
  name: 'overview',
  open: ({ database, ask }) => ({
    routes: [
      defineRoute({
        method: 'GET', path: '/overview', operationId: 'overview', summary: 'What needs somebody now, by harm and age; how much is open; what is late, paused or silent', role: 'viewer',
        answer: z.object({ urgent: z.array(urgentView), open: openView, flows: troubled }),
        handle: async ({ who }) => {
          const owners = ownersSeen(who);
          const [urgent, open, flows] = await Promise.all([rankUrgent(database, owners), countOpen(database, owners), allFlows(ask, FLOWS_WITHIN_MS)]);
          return { urgent, open, flows: strip(flows) };
        },
      }),
      defineRoute({ method: 'GET', path: '/contracts', operationId: 'contracts', summary: 'Every contract with its owner, producers, consumers, promises, and what is open of it', role: 'viewer', answer: z.object({ items: z.array(listedContract) }), handle: async () => ({ items: await listContracts(database) }) }),
      defineRoute({
        method: 'GET', path: '/contracts/{entity}', operationId: 'contract', summary: 'One contract', role: 'viewer', answer: z.object({ items: z.array(contractView).describe('One for each major version.') }),
        handle: async ({ params }) => {
          const found = contracts.filter(({ entity }) => entity === params['entity']);
          if (found.length === 0) throw notFound('contract', params['entity'] ?? '');
          return { items: found.map(showContract) };
        },
      }),
      defineRoute({ method: 'GET', path: '/readiness', operationId: 'readiness', summary: 'The six checks of readiness, from facts, with what is missing', role: 'viewer', answer: readinessView, handle: async () => checkReadiness(database, await allFlows(ask)) }),
    ],
  }),
};

/** Only what is not as it should be. */
function strip({ items, dependencies, silent }: AllFlows): Answered<typeof troubled> {
  return {
    running: items.filter(({ state }) => state === 'running').length,
    late: items.filter(({ state, latenessMs, promiseMs }) => state === 'running' && latenessMs !== null && promiseMs !== null && latenessMs > promiseMs),
    paused: items.filter(({ state }) => state === 'paused'),
    troubled: dependencies.filter(({ breaker, pausedUntil }) => breaker !== 'closed' || pausedUntil !== null),
    silent,
  };
}

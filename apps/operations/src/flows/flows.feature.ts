import { contracts, type FlowsAnswer, flowsSubject, type FlowsQuestion, type FlowStatus } from '@steward/contracts';
import { z } from 'zod';
import type { Answered } from '../api/answer';
import type { Feature, Parts } from '../api/feature';
import { refused } from '../api/input';
import { conflict, notFound } from '../api/outcomes';
import { act, type Asking, defineRoute, type Route } from '../api/route';
import { PLATFORM } from '../audit/audited';
import { auditedElsewhere } from '../audit/elsewhere';
import { tellNews } from '../events/news';
import { allFlows, answering, dependencyView, flowView, silentView } from './all-flows';

export const flowsFeature: Feature = { name: 'flows', open: (parts) => ({ routes: flowRoutes(parts) }) };

const instant = z.iso.datetime({ offset: true, error: 'an instant such as 2026-05-01T08:00:00Z, or null' }).nullable();

const decided = z.object({ dryRun: z.boolean(), flow: flowView });

/** The team whose data flows; what is about several entities is the platform's. */
const ownerOfFlow = ({ entity }: Pick<FlowStatus, 'entity'>): string => contracts.find((contract) => contract.entity === entity)?.owner.team ?? PLATFORM;

function flowRoutes({ database, ask, clock }: Parts): Route[] {
  /** Throws OPERATIONS_NOT_FOUND, or says that its service does not answer. */
  async function found(flow: string): Promise<{ readonly service: string; readonly status: FlowStatus }> {
    const service = answering.find((each) => flow.startsWith(`${each}.`));
    if (service === undefined) throw notFound('flow', flow);
    const answer = await ask<FlowsAnswer>(flowsSubject(service), { ask: 'list' } satisfies FlowsQuestion);
    const status = 'flows' in answer ? answer.flows.find((each) => each.flow === flow) : undefined;
    if (status === undefined) throw notFound('flow', flow);
    return { service, status };
  }

  async function decide(asking: Asking<unknown, { reason: string; dryRun: boolean }>, name: 'pause' | 'resume', resumesAt: string | null): Promise<Answered<typeof decided>> {
    const { who, params, body, allow, traceId } = asking;
    const { service, status } = await found(params['flow'] ?? '');
    const owner = ownerOfFlow(status);
    await allow('operator', owner, `flow ${status.flow}`);
    const becomes = name === 'pause' ? 'paused' : 'running';
    if (status.state === becomes && name === 'resume') throw conflict(`flow ${status.flow} is running`, 'a flow that is paused');
    if (status.state === becomes) throw conflict(`flow ${status.flow} is paused by ${status.pausedBy ?? '?'}: ${status.reason ?? ''}`, 'a flow that is running');
    if (body.dryRun) return { dryRun: true, flow: status };
    const question: FlowsQuestion = name === 'pause' ? { ask: 'pause', flow: status.flow, actor: who.id, reason: body.reason, resumesAt } : { ask: 'resume', flow: status.flow, actor: who.id, reason: body.reason };
    const entry = { who, owner, act: `${name} flow`, subject: `flow ${status.flow}`, reason: body.reason, before: { state: status.state }, traceId };
    await auditedElsewhere(database, entry, () => ask(flowsSubject(service), question), () => ({ done: true, after: { state: becomes, resumesAt } }));
    await database.transaction((tx) => tellNews(tx, [{ kind: 'flow', id: status.flow, owner }]));
    const held = name === 'pause' ? { pausedBy: who.id, reason: body.reason, since: new Date(clock.now()).toISOString() } : { pausedBy: null, reason: null, since: null };
    return { dryRun: false, flow: { ...status, state: becomes, ...held, resumesAt } };
  }

  return [
    defineRoute({
      method: 'GET', path: '/flows', operationId: 'flows', summary: 'What flows, how late it is against its promise, what it waits for, and who did not answer', role: 'viewer',
      answer: z.object({ items: z.array(flowView), dependencies: z.array(dependencyView), silent: z.array(silentView) }),
      handle: () => allFlows(ask),
    }),
    defineRoute({
      method: 'POST', path: '/flows/{flow}/pause', operationId: 'pauseFlow', summary: 'Hold a flow: nothing is lost, it drains at the pace of its destination later', role: 'operator', body: act({ resumesAt: instant.default(null) }), answer: decided,
      handle: (asking) => {
        const { resumesAt } = asking.body;
        if (resumesAt !== null && Date.parse(resumesAt) <= clock.now()) throw refused('/resumesAt', `is ${resumesAt}`, 'an instant to come, or null');
        return decide(asking, 'pause', resumesAt);
      },
    }),
    defineRoute({ method: 'POST', path: '/flows/{flow}/resume', operationId: 'resumeFlow', summary: 'Let it go on', role: 'operator', body: act({}), answer: decided, handle: (asking) => decide(asking, 'resume', null) }),
  ];
}

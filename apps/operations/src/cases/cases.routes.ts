/** What only a person can decide: listed here, decided at the service that holds it (X6, I6). */
import { z } from 'zod';
import { pageAnswer } from '../api/answer';
import type { Parts } from '../api/feature';
import { refused } from '../api/input';
import { conflict } from '../api/outcomes';
import { ownersSeen } from '../api/roles';
import { act, Answer, defineRoute, pageFields, type Route } from '../api/route';
import { audited } from '../audit/audited';
import { historyOf, pastAct } from '../audit/entries';
import { tellNews } from '../events/news';
import { jobAsked, type JobRequest, preview, previewed, requestBody, requestJob } from '../jobs/request';
import { wishesOf, wishView } from '../second-person/second-person';
import { cases, caseView, findCase } from './cases.queries';
import { decideRoute, wantedOf } from './decide.routes';
import { diffOf, heldDiff } from './held-diff';
import { closed, seenCase } from './seen-case';

const text = z.string().min(1).max(1_000);
const detailed = z.object({ case: caseView, history: z.array(pastAct), wishes: z.array(wishView), ...heldDiff });

export function caseRoutes(parts: Parts): Route[] {
  const { database, ask } = parts;
  return [
    defineRoute({
      method: 'GET', path: '/cases', operationId: 'cases', summary: 'What only a person can decide, or has to know of; the latest first', role: 'viewer',
      query: { q: text.optional(), state: text.optional(), kind: text.optional(), owner: text.optional(), severity: text.optional(), ...pageFields }, answer: pageAnswer(caseView),
      handle: ({ who, query }) => cases.page(database, query, ownersSeen(who)),
    }),
    defineRoute({
      method: 'GET', path: '/cases/{id}', operationId: 'case', summary: 'One case; of a held change a page of what was and would become', role: 'viewer',
      query: { after: z.string().max(1_000).optional() }, answer: detailed,
      handle: async (asking) => {
        const found = await seenCase(database, asking);
        const history = await historyOf(database, found.owner.team, `case ${found.caseId}`);
        const wishes = found.kind === 'held-change' ? await wishesOf(database, wantedOf(found, 'release')) : [];
        return { case: found, history, wishes, ...(await diffOf(ask, found, asking)) };
      },
    }),
    decideRoute(parts, 'release', { operationId: 'releaseCase', summary: 'Let a held change out' }),
    decideRoute(parts, 'refuse', { operationId: 'refuseCase', summary: 'Let a held change never out' }),
    defineRoute({
      method: 'POST', path: '/cases/{id}/repair', operationId: 'repairCase', summary: 'Have the owner announce again; a re-check closes the case', role: 'operator', body: act({}),
      status: 202, answer: jobAsked, otherwise: { status: 200, answer: previewed.extend({ dryRun: z.literal(true) }) },
      handle: async (asking) => {
        const { body, allow } = asking;
        const found = await seenCase(database, asking);
        await allow('operator', found.owner.team, `case ${found.caseId}`);
        if (found.kind !== 'drift') throw refused('/id', `is a case of kind ${found.kind}`, 'a drift');
        if (found.state !== 'open') throw closed(found);
        const request: JobRequest = requestBody.parse({ kind: 'repair', selection: { cases: [found.caseId] }, reason: body.reason, dryRun: body.dryRun });
        if (!body.dryRun) return { dryRun: false as const, operationId: await requestJob({ database, ask }, request, asking) };
        return new Answer(200, { dryRun: true as const, ...(await preview({ database, ask }, request, asking)) });
      },
    }),
    defineRoute({
      method: 'POST', path: '/cases/{id}/resolve', operationId: 'resolveCase', summary: 'A loss of the broker has been looked at', role: 'operator', body: act({}), answer: z.object({ dryRun: z.boolean(), case: caseView }),
      handle: async (asking) => {
        const { who, body, allow, traceId } = asking;
        const found = await seenCase(database, asking);
        await allow('operator', found.owner.team, `case ${found.caseId}`);
        // Every other case is its service's, which closes it when it is over.
        if (found.service !== 'operations') throw conflict(`case ${found.caseId} is of ${found.service}, which closes it when it is over`, 'a case of operations');
        if (found.state !== 'open') throw closed(found);
        if (body.dryRun) return { dryRun: true, case: found };
        await database.transaction(async (tx) => {
          const { rowCount } = await tx.query(`update desk_case set state = 'resolved', closed_at = now(), closed_by = $2, closed_reason = $3 where case_id = $1 and state = 'open'`, [found.caseId, who.id, body.reason]);
          if (rowCount !== 1) throw conflict(`case ${found.caseId} was closed meanwhile`);
          await audited(tx, { who, owner: found.owner.team, act: 'resolve case', subject: `case ${found.caseId}`, reason: body.reason, before: { state: 'open' }, after: { state: 'resolved' }, traceId });
          await tellNews(tx, [{ kind: 'case', id: found.caseId, owner: found.owner.team }]);
        });
        return { dryRun: false, case: (await findCase(database, found.caseId)) ?? found };
      },
    }),
  ];
}

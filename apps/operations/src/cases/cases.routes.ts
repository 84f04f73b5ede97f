/** What only a person can decide: listed here, decided at the service that holds it (X6, I6). */
import { type HeldAnswer, type HeldItem, type HeldQuestion, heldSubject } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import { z } from 'zod';
import { type Answered, instant, pageAnswer, unavailable } from '../api/answer';
import type { Parts } from '../api/feature';
import { refused } from '../api/input';
import { conflict, notFound } from '../api/outcomes';
import { holds, ownersSeen } from '../api/roles';
import { act, Answer, type Asking, defineRoute, pageFields, type Route } from '../api/route';
import { audited } from '../audit/audited';
import { auditedElsewhere } from '../audit/elsewhere';
import { historyOf, pastAct } from '../audit/entries';
import { tellNews } from '../events/news';
import { jobAsked, type JobRequest, preview, previewed, requestBody, requestJob } from '../jobs/request';
import { agree, refuseSame, turnOf, waitsForSecond, wantFirst, type Wanted, wishesOf, wishView } from '../second-person/second-person';
import { type CaseRow, cases, caseView, findCase } from './cases.queries';

const text = z.string().min(1).max(1_000);

const heldItem = z.object({ key: z.string(), was: z.string().nullable(), becomes: z.string(), heldAt: instant, data: z.unknown().optional().describe('The whole state, for whoever may read payloads.') }) satisfies z.ZodType<Omit<HeldItem, 'data'>>;
const diff = {
  diff: z.object({ items: z.array(heldItem), next: z.string().nullable() }).nullable().optional().describe('Of a held change; null while its service does not answer.'),
  unavailable: unavailable.nullable().optional(),
};
const detailed = z.object({ case: caseView, history: z.array(pastAct), wishes: z.array(wishView), ...diff });
const dry = z.literal(true);
const carriedOut = z.literal(false);

export function caseRoutes({ database, ask }: Parts): Route[] {
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
        const found = await seen(asking);
        const history = await historyOf(database, found.owner.team, `case ${found.caseId}`);
        const wishes = found.kind === 'held-change' ? await wishesOf(database, wantedOf(found, 'release')) : [];
        return { case: found, history, wishes, ...(await diffOf(found, asking)) };
      },
    }),
    decideRoute('release', 'releaseCase', 'Let a held change out'),
    decideRoute('refuse', 'refuseCase', 'Let a held change never out'),
    defineRoute({
      method: 'POST', path: '/cases/{id}/repair', operationId: 'repairCase', summary: 'Have the owner announce again; a re-check closes the case', role: 'operator', body: act({}),
      status: 202, answer: jobAsked, otherwise: { status: 200, answer: previewed.extend({ dryRun: dry }) },
      handle: async (asking) => {
        const { body, allow } = asking;
        const found = await seen(asking);
        await allow('operator', found.owner.team, `case ${found.caseId}`);
        if (found.kind !== 'drift') throw refused('/id', `is a case of kind ${found.kind}`, 'a drift');
        if (found.state !== 'open') throw conflict(closedWords(found), 'a case that is open');
        const request: JobRequest = requestBody.parse({ kind: 'repair', selection: { cases: [found.caseId] }, reason: body.reason, dryRun: body.dryRun });
        if (!body.dryRun) return { dryRun: false as const, operationId: await requestJob({ database, ask }, request, asking) };
        return new Answer(200, { dryRun: true as const, ...(await preview({ database, ask }, request, asking)) });
      },
    }),
    defineRoute({
      method: 'POST', path: '/cases/{id}/resolve', operationId: 'resolveCase', summary: 'A loss of the broker has been looked at', role: 'operator', body: act({}), answer: z.object({ dryRun: z.boolean(), case: caseView }),
      handle: async (asking) => {
        const { who, body, allow, traceId } = asking;
        const found = await seen(asking);
        await allow('operator', found.owner.team, `case ${found.caseId}`);
        // Every other case is its service's, which closes it when it is over.
        if (found.service !== 'operations') throw conflict(`case ${found.caseId} is of ${found.service}, which closes it when it is over`, 'a case of operations');
        if (found.state !== 'open') throw conflict(closedWords(found), 'a case that is open');
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

  async function seen({ params, allow }: Pick<Asking, 'params' | 'allow'>): Promise<CaseRow> {
    const id = params['id'] ?? '';
    const found = await findCase(database, id);
    if (found === undefined) throw notFound('case', id);
    await allow('viewer', found.owner.team, `case ${id}`);
    return found;
  }

  /** What is held is the payload of states: whole only for whoever may read payloads, for others which keys and from what to what. */
  async function diffOf({ caseId, kind, service, owner }: CaseRow, { who, query }: Asking<{ readonly after?: string | undefined }>): Promise<Answered<z.ZodObject<typeof diff>>> {
    if (kind !== 'held-change') return {};
    try {
      const answer = await ask<HeldAnswer>(heldSubject(service), { act: 'items', id: caseId, limit: 50, ...(query.after === undefined ? {} : { after: query.after }) } satisfies HeldQuestion);
      const items = 'items' in answer ? answer.items : [];
      const shown = items.map(({ data, ...rest }: HeldItem) => (holds(who, 'payload-reader', owner.team) ? { ...rest, data } : rest));
      return { diff: { items: shown, next: items.length === 50 ? (items.at(-1)?.key ?? null) : null }, unavailable: null };
    } catch (error) {
      if (!(error instanceof StewardError)) throw error;
      return { diff: null, unavailable: { service, code: error.code, detail: error.detail ?? null } };
    }
  }

  /** To release money or stock takes two; to refuse lets nothing out and can still be undone, so one may. */
  function decideRoute(name: 'release' | 'refuse', operationId: string, summary: string): Route {
    return defineRoute({
      method: 'POST', path: `/cases/{id}/${name}`, operationId, summary, role: 'approver', body: act({}),
      answer: z.discriminatedUnion('dryRun', [z.object({ dryRun: dry, case: caseView, needsSecondPerson: z.boolean() }), z.object({ dryRun: carriedOut, asked: z.string() })]), otherwise: { status: 202, answer: waitsForSecond },
      handle: async (asking) => {
        const { who, body, allow, traceId } = asking;
        const found = await seen(asking);
        const { caseId: id, service, owner } = found;
        const wanted = wantedOf(found, name);
        await allow('approver', owner.team, wanted.subject);
        if (found.kind !== 'held-change') throw refused('/id', `is a case of kind ${found.kind}`, 'a held change');
        if (found.state !== 'open' && !(name === 'release' && found.state === 'refused')) throw conflict(closedWords(found), 'a case that is open');
        const turn = await turnOf(database, wanted, name === 'release' ? found.entity : null);
        refuseSame(turn, who);
        if (body.dryRun) return { dryRun: true as const, case: found, needsSecondPerson: turn.kind === 'first' };
        const entry = { who, owner: owner.team, act: `${name} case`, subject: wanted.subject, reason: body.reason, before: { state: found.state }, traceId };
        if (turn.kind === 'first') return wantFirst(database, wanted, entry);
        const carryOut = (reason: string): Promise<HeldAnswer> => {
          const question: HeldQuestion = { act: name, id, actor: who.id, reason };
          return auditedElsewhere(database, entry, () => ask<HeldAnswer>(heldSubject(service), question, 30_000)).catch((error: unknown) => {
            // Somebody else was quicker: the owner knows no open case of this id any more.
            throw error instanceof StewardError && error.code === 'HELD_CHANGE_UNKNOWN' ? conflict(`${service} has no open case ${id} any more`) : error;
          });
        };
        await (turn.kind === 'second' ? agree(database, wanted, turn.wish, body.reason, carryOut) : carryOut(body.reason));
        return { dryRun: false as const, asked: name };
      },
    });
  }
}

/** A case grows while it waits: who wanted 3 prices let out has not seen the 400 that it holds by now. */
const wantedOf = ({ caseId, counts }: Pick<CaseRow, 'caseId' | 'counts'>, act: string): Required<Wanted> => ({ subject: `case ${caseId}`, act, seen: counts === null ? '' : String(counts.affected) });

const closedWords = ({ caseId, state, closedBy, closedReason }: CaseRow): string => `case ${caseId} is ${state}${closedBy === null ? '' : ` by ${closedBy}`}${closedReason === null ? '' : `: ${closedReason}`}`;

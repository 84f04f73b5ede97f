/** A held change is let out or refused, by whoever may and as often as it takes a second person (X6, I6). */
import { type HeldAnswer, type HeldQuestion, heldSubject } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import { z } from 'zod';
import type { Parts } from '../api/feature';
import { refused } from '../api/input';
import { conflict } from '../api/outcomes';
import { act, defineRoute, type Route } from '../api/route';
import { auditedElsewhere } from '../audit/elsewhere';
import { agree, refuseSame, turnOf, waitsForSecond, wantFirst, type Wanted } from '../second-person/second-person';
import { type CaseRow, caseView } from './cases.queries';
import { closed, seenCase } from './seen-case';

const answer = z.discriminatedUnion('dryRun', [
  z.object({ dryRun: z.literal(true), case: caseView, needsSecondPerson: z.boolean() }),
  z.object({ dryRun: z.literal(false), asked: z.string() }),
]);

/** A case grows while it waits: who wanted 3 prices let out has not seen the 400 that it holds by now. */
export const wantedOf = ({ caseId, counts }: Pick<CaseRow, 'caseId' | 'counts'>, name: string): Required<Wanted> => ({ subject: `case ${caseId}`, act: name, seen: counts === null ? '' : String(counts.affected) });

/** To release money or stock takes two; to refuse lets nothing out and can still be undone, so one may. */
export function decideRoute({ database, ask }: Pick<Parts, 'database' | 'ask'>, name: 'release' | 'refuse', { operationId, summary }: { readonly operationId: string; readonly summary: string }): Route {
  return defineRoute({
    method: 'POST', path: `/cases/{id}/${name}`, operationId, summary, role: 'approver', body: act({}), answer, otherwise: { status: 202, answer: waitsForSecond },
    handle: async (asking) => {
      const { who, body, allow, traceId } = asking;
      const found = await seenCase(database, asking);
      const { caseId: id, service, owner } = found;
      const wanted = wantedOf(found, name);
      await allow('approver', owner.team, wanted.subject);
      if (found.kind !== 'held-change') throw refused('/id', `is a case of kind ${found.kind}`, 'a held change');
      if (found.state !== 'open' && !(name === 'release' && found.state === 'refused')) throw closed(found);
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

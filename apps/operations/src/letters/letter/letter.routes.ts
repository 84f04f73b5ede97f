/** One letter, read through its holder: payloads never lie here, and to see one is a right and an entry of its own. */
import { randomUUID } from 'node:crypto';
import { type LetterReading, type LettersAnswer, lettersSubject, type LettersQuestion, type LetterVerdict } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import { z } from 'zod';
import type { Parts } from '../../api/feature';
import { refused } from '../../api/input';
import { conflict, notFound } from '../../api/outcomes';
import { type Operator, ownersSeen } from '../../api/roles';
import { act, actFields, Answer, type Asking, defineRoute, flag, pageFields, type Route } from '../../api/route';
import { type Act, audited } from '../../audit/audited';
import { auditedElsewhere } from '../../audit/elsewhere';
import { findLetter, type LetterRow, listLetters, showLetter } from '../letters.queries';
import { nextStepOf } from '../next-steps';
import { findWish, needsTwo, takeWish, writeWish } from './second-person';

const text = z.string().min(1).max(1_000);

export function letterRoutes({ database, ask }: Parts): Route[] {
  return [
    defineRoute({
      method: 'GET', path: '/dead-letters', operationId: 'letters', summary: 'Single letters, the latest first', role: 'viewer',
      query: { q: z.string().max(1_000).optional(), group: text.optional(), state: text.optional(), ...pageFields },
      handle: ({ who, query }) => listLetters(database, query, ownersSeen(who)),
    }),
    defineRoute({
      method: 'GET', path: '/dead-letters/{id}', operationId: 'letter', summary: 'One letter: attempts, headers, masked payload, what the contract says, how the entity stands now, siblings', role: 'viewer',
      query: { reveal: flag.default(false), reason: actFields.reason.optional() },
      handle: async (asking) => {
        const { query } = asking;
        const letter = await seen(asking);
        if (query.reveal) await reveal(asking, letter, query.reason);
        const suggested = { ...nextStepOf(letter.class), runbook: letter.owner.runbook };
        return { letter: showLetter(letter), suggested, ...(await read(letter, query.reveal)) };
      },
    }),
    actRoute('discard', 'discardLetter', 'Give it up: it is never applied'),
    actRoute('skip', 'skipLetter', 'Let what waits behind it go on without it'),
  ];

  async function seen({ params, allow }: Pick<Asking, 'params' | 'allow'>): Promise<LetterRow> {
    const id = params['id'] ?? '';
    const letter = await findLetter(database, id);
    if (letter === undefined) throw notFound('letter', id);
    await allow('viewer', letter.owner.team, `letter ${id}`);
    return letter;
  }

  /** Written down before it is asked for: nobody sees what nobody knows of. */
  async function reveal({ who, allow, traceId }: Asking, { letterId, owner }: LetterRow, reason: string | undefined): Promise<void> {
    await allow('payload-reader', owner.team, `payload of letter ${letterId}`);
    if (reason === undefined) throw refused('/reason', 'is missing', 'why, in 3 to 500 characters: it stands in the audit');
    await database.transaction((tx) => audited(tx, { who, owner: owner.team, act: 'reveal payload', subject: `letter ${letterId}`, reason, traceId }));
  }

  /** What the desk knows is shown also while the holder is down. */
  async function read({ letterId, service }: LetterRow, revealed: boolean): Promise<{ readonly live: Omit<LetterReading, 'letter'> | null; readonly unavailable: object | null }> {
    try {
      const { letter: _known, ...live } = (await ask<LettersAnswer>(lettersSubject(service), { ask: 'read', id: letterId, reveal: revealed } satisfies LettersQuestion)) as LetterReading;
      return { live, unavailable: null };
    } catch (error) {
      if (!(error instanceof StewardError) || revealed) throw error;
      return { live: null, unavailable: { service, code: error.code, detail: error.detail ?? null } };
    }
  }

  /** The holder acts and remembers the act by its id; here it stands before and after. */
  function actRoute(name: 'discard' | 'skip', operationId: string, summary: string): Route {
    return defineRoute({
      method: 'POST', path: `/dead-letters/{id}/${name}`, operationId, summary, role: 'viewer', body: act({}),
      handle: async (asking) => {
        const { who, body, allow, traceId } = asking;
        const letter = await seen(asking);
        const { letterId: id, service, owner } = letter;
        const two = needsTwo(letter.entity);
        const wish = two ? await findWish(database, id, name) : undefined;
        await allow(wish === undefined ? 'operator' : 'approver', owner.team, `letter ${id}`);
        if (letter.state !== 'open') throw conflict(closedWords(letter), 'a letter that is open');
        if (wish?.actor === who.id) throw conflict(`it waits for a second person: ${who.name} wanted it`, 'somebody else with the role approver');
        if (body.dryRun) return { dryRun: true, letter: showLetter(letter), needsSecondPerson: two && wish === undefined };
        const entry = { who, owner: owner.team, act: `${name} letter`, subject: `letter ${id}`, reason: body.reason, traceId };
        if (two && wish === undefined) return wait(id, name, entry);
        if (two && !(await database.transaction((tx) => takeWish(tx, id, name)))) throw conflict('somebody else agreed to it in this moment');
        const reason = wish === undefined ? body.reason : `${wish.reason} (wanted by ${wish.actor}); ${body.reason}`;
        const question: LettersQuestion = { ask: 'act', actId: randomUUID(), act: name, ids: [id], actor: who.id, reason };
        const verdict = await auditedElsewhere(database, entry, () => verdictOf(question, service), ({ verdict: said, detail }) => ({ done: said === 'apply', after: { verdict: said, detail } }));
        if (verdict.verdict !== 'apply') throw conflict(verdict.detail);
        return { dryRun: false, verdict };
      },
    });
  }

  async function wait(id: string, name: string, entry: Omit<Act, 'outcome'> & { readonly who: Operator; readonly reason: string }): Promise<Answer> {
    await database.transaction(async (tx) => {
      await writeWish(tx, id, name, entry.who, entry.reason);
      await audited(tx, { ...entry, outcome: 'asked', after: { waitsFor: 'a second person' } });
    });
    return new Answer(202, { dryRun: false, waitsFor: 'a second person with the role approver' });
  }

  async function verdictOf(question: LettersQuestion, service: string): Promise<LetterVerdict> {
    const answer = await ask<LettersAnswer>(lettersSubject(service), question, 30_000);
    const [verdict] = 'verdicts' in answer ? answer.verdicts : [];
    if (verdict === undefined) throw new StewardError('OPERATIONS_OWNER_REFUSED', `${service} said nothing of it`);
    return verdict;
  }
}

/** What became of it and who did that. */
export const closedWords = ({ letterId, state, closedBy, closedReason }: LetterRow): string => `letter ${letterId} is ${state}${closedBy === null ? '' : ` by ${closedBy}`}${closedReason === null ? '' : `: ${closedReason}`}`;

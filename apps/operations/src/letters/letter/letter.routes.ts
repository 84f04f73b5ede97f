/** One letter, read through its holder: payloads never lie here, and to see one is a right and an entry of its own. */
import { randomUUID } from 'node:crypto';
import { type LetterReading, type LettersAnswer, lettersSubject, type LettersQuestion, type LetterVerdict } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import { z } from 'zod';
import { type Answered, instant, pageAnswer, unavailable } from '../../api/answer';
import type { Parts } from '../../api/feature';
import { refused } from '../../api/input';
import { conflict, notFound } from '../../api/outcomes';
import { ownersSeen } from '../../api/roles';
import { act, actFields, type Asking, defineRoute, flag, pageFields, type Route } from '../../api/route';
import { audited } from '../../audit/audited';
import { auditedElsewhere } from '../../audit/elsewhere';
import { agree, refuseSame, turnOf, waitsForSecond, wantFirst, wishesOf, wishView } from '../../second-person/second-person';
import { findLetter, type LetterRow, letters, letterView } from '../letters.queries';
import { nextStepOf, suggested } from '../next-steps';

const text = z.string().min(1).max(1_000);

const held = z.object({ revision: z.int().nullable(), data: z.unknown(), changedAt: instant.nullable() }).nullable();
const reading = z
  .object({
    bodyHash: z.string().describe('Of the body as it is stored; to be given back with an edit.'),
    attempts: z.array(z.object({ at: instant, act: z.string(), actor: z.string(), reason: z.string(), verdict: z.string(), detail: z.string().nullable() })),
    headers: z.array(z.object({ name: z.string(), values: z.array(z.string()), class: z.enum(['locked', 'sensitive', 'free']) })),
    payload: z.unknown().describe('JSON where the body is JSON, else null.'), masked: z.boolean(),
    problems: z.array(z.object({ pointer: z.string(), message: z.string() })).describe('By the deployed contract.'),
    forecast: z.object({ verdict: z.enum(['apply', 'superseded', 'conflict']), detail: z.string() }),
    current: z.object({ source: held, projection: held }).describe('How the entity stands now; null = that side holds nothing of it.'),
    siblings: z.array(z.object({ id: z.string(), state: z.string(), revision: z.int().nullable(), sequence: z.int().nullable() })).describe('Of the same key, in the order in which they would be applied.'),
  })
  .meta({ id: 'LetterReading', description: 'What the holder of a letter says of it.' }) satisfies z.ZodType<Omit<LetterReading, 'letter'>>;
const shownLive = { live: reading.nullable(), unavailable: unavailable.nullable() };
const detailed = z.object({ letter: letterView, suggested, wishes: z.array(wishView), ...shownLive });
const verdict = z.object({ id: z.string(), verdict: z.enum(['apply', 'superseded', 'conflict', 'failed', 'closed', 'unknown']), detail: z.string() }) satisfies z.ZodType<LetterVerdict>;
const acted = z.discriminatedUnion('dryRun', [z.object({ dryRun: z.literal(true), letter: letterView, needsSecondPerson: z.boolean() }), z.object({ dryRun: z.literal(false), verdict })]);

export function letterRoutes({ database, ask }: Parts): Route[] {
  return [
    defineRoute({
      method: 'GET', path: '/dead-letters', operationId: 'letters', summary: 'Single letters, the latest first', role: 'viewer',
      query: { q: z.string().max(1_000).optional(), group: text.optional(), state: text.optional(), ...pageFields }, answer: pageAnswer(letterView),
      handle: ({ who, query }) => letters.page(database, query, ownersSeen(who)),
    }),
    defineRoute({
      method: 'GET', path: '/dead-letters/{id}', operationId: 'letter', summary: 'One letter: attempts, headers, masked payload, what the contract says, how the entity stands now, siblings', role: 'viewer',
      query: { reveal: flag.default(false), reason: actFields.reason.optional() }, answer: detailed,
      handle: async (asking) => {
        const { query } = asking;
        const letter = await seen(asking);
        if (query.reveal) await reveal(asking, letter, query.reason);
                const wishes = await wishesOf(database, { subject: `letter ${letter.letterId}` });
        return { letter, suggested: { ...nextStepOf(letter.class), runbook: letter.owner.runbook }, wishes, ...(await read(letter, query.reveal)) };
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
  async function read({ letterId, service }: LetterRow, revealed: boolean): Promise<Answered<z.ZodObject<typeof shownLive>>> {
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
      method: 'POST', path: `/dead-letters/{id}/${name}`, operationId, summary, role: 'viewer', body: act({}), answer: acted, otherwise: { status: 202, answer: waitsForSecond },
      handle: async (asking) => {
        const { who, body, allow, traceId } = asking;
        const letter = await seen(asking);
        const { letterId: id, service, owner } = letter;
        const wanted = { subject: `letter ${id}`, act: name };
        const turn = await turnOf(database, wanted, letter.entity);
        await allow(turn.kind === 'second' ? 'approver' : 'operator', owner.team, wanted.subject);
        if (letter.state !== 'open') throw conflict(closedWords(letter), 'a letter that is open');
        refuseSame(turn, who);
        if (body.dryRun) return { dryRun: true as const, letter, needsSecondPerson: turn.kind === 'first' };
        const entry = { who, owner: owner.team, act: `${name} letter`, subject: wanted.subject, reason: body.reason, traceId };
        if (turn.kind === 'first') return wantFirst(database, wanted, entry);
        const carryOut = (reason: string): Promise<LetterVerdict> => {
          const question: LettersQuestion = { ask: 'act', actId: randomUUID(), act: name, ids: [id], actor: who.id, reason };
          return auditedElsewhere(database, entry, () => verdictOf(question, service), ({ verdict: became, detail }) => ({ done: became === 'apply', after: { verdict: became, detail } }));
        };
        const said = turn.kind === 'second' ? await agree(database, wanted, turn.wish, body.reason, carryOut) : await carryOut(body.reason);
        if (said.verdict !== 'apply') throw conflict(said.detail);
        return { dryRun: false as const, verdict: said };
      },
    });
  }

  async function verdictOf(question: LettersQuestion, service: string): Promise<LetterVerdict> {
    const answer = await ask<LettersAnswer>(lettersSubject(service), question, 30_000);
    const [only] = 'verdicts' in answer ? answer.verdicts : [];
    if (only === undefined) throw new StewardError('OPERATIONS_OWNER_REFUSED', `${service} said nothing of it`);
    return only;
  }
}

/** What became of it and who did that. */
export const closedWords = ({ letterId, state, closedBy, closedReason }: LetterRow): string => `letter ${letterId} is ${state}${closedBy === null ? '' : ` by ${closedBy}`}${closedReason === null ? '' : `: ${closedReason}`}`;

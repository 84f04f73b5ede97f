/** What a held change would do, as its service says it. */
import { type HeldAnswer, type HeldItem, type HeldQuestion, heldSubject } from '@steward/contracts';
import { StewardError } from '@steward/platform';
import { z } from 'zod';
import { type Answered, instant, unavailable } from '../api/answer';
import type { Parts } from '../api/feature';
import { holds } from '../api/roles';
import type { Asking } from '../api/route';
import type { CaseRow } from './cases.queries';

const PAGE = 50;

const heldItem = z.object({ key: z.string(), was: z.string().nullable(), becomes: z.string(), heldAt: instant, data: z.unknown().optional().describe('The whole state, for whoever may read payloads.') }) satisfies z.ZodType<Omit<HeldItem, 'data'>>;

export const heldDiff = {
  diff: z.object({ items: z.array(heldItem), next: z.string().nullable() }).nullable().optional().describe('Of a held change; null while its service does not answer.'),
  unavailable: unavailable.nullable().optional(),
};

/** What is held is the payload of states: whole only for whoever may read payloads, for others which keys and from what to what. */
export async function diffOf(ask: Parts['ask'], { caseId, kind, service, owner }: CaseRow, { who, query }: Asking<{ readonly after?: string | undefined }>): Promise<Answered<z.ZodObject<typeof heldDiff>>> {
  if (kind !== 'held-change') return {};
  try {
    const answer = await ask<HeldAnswer>(heldSubject(service), { act: 'items', id: caseId, limit: PAGE, ...(query.after === undefined ? {} : { after: query.after }) } satisfies HeldQuestion);
    const items = 'items' in answer ? answer.items : [];
    const shown = items.map(({ data, ...rest }: HeldItem) => (holds(who, 'payload-reader', owner.team) ? { ...rest, data } : rest));
    return { diff: { items: shown, next: items.length === PAGE ? (items.at(-1)?.key ?? null) : null }, unavailable: null };
  } catch (error) {
    if (!(error instanceof StewardError)) throw error;
    return { diff: null, unavailable: { service, code: error.code, detail: error.detail ?? null } };
  }
}

/**
 * Edit-and-retry (C6): the change is a JSON Patch that its holder stores with the act, checks by the consumer's own contract and applies
 * under the letter's own id, so that of the original and the edited one exactly one is ever applied. Carried out it is a job of one letter.
 */
import { z } from 'zod';
import type { Parts } from '../../api/feature';
import { conflict, notFound } from '../../api/outcomes';
import { act, Answer, defineRoute, type Route } from '../../api/route';
import { jobAsked, type JobRequest, preview, requestBody, requestJob } from '../../jobs/request';
import { findLetter } from '../letters.queries';
import { closedWords } from './letter.routes';

const pointer = z.string().regex(/^(\/([^~/]|~[01])*)*$/, { error: 'a JSON Pointer (RFC 6901)' }).max(1_000);
const step = z.discriminatedUnion('op', [
  z.strictObject({ op: z.enum(['add', 'replace', 'test']), path: pointer, value: z.unknown().refine((value) => value !== undefined, { error: 'a value' }) }),
  z.strictObject({ op: z.literal('remove'), path: pointer }),
  z.strictObject({ op: z.enum(['move', 'copy']), from: pointer, path: pointer }),
], { error: 'a step of RFC 6902: op is add, replace, test, remove, move or copy' });

const editBody = act({ patch: z.array(step).min(1).max(100), bodyHash: z.string({ error: 'the bodyHash of the letter as it was read' }).min(1).max(100) });

export function editRoutes({ database, ask }: Parts): Route[] {
  return [
    defineRoute({
      method: 'POST', path: '/dead-letters/{id}/edit', operationId: 'editLetter', summary: 'Apply a letter with a changed body; with dryRun says what would become of it: apply, superseded or conflict', role: 'editor', body: editBody,
      status: 202, answer: jobAsked, otherwise: { status: 200, answer: z.object({ dryRun: z.literal(true), verdict: z.string(), detail: z.string(), needsSecondPerson: z.boolean() }) },
      handle: async (asking) => {
        const { params, body, allow } = asking;
        const id = params['id'] ?? '';
        const letter = await findLetter(database, id);
        if (letter === undefined) throw notFound('letter', id);
        await allow('editor', letter.owner.team, `letter ${id}`);
        if (letter.state !== 'open') throw conflict(closedWords(letter), 'a letter that is open');
        const request: JobRequest = requestBody.parse({ kind: 'retry', selection: { letters: [id] }, reason: body.reason, dryRun: body.dryRun, stopAfter: 1, edit: { id, patch: body.patch, bodyHash: body.bodyHash } });
        if (!body.dryRun) return { dryRun: false as const, operationId: await requestJob({ database, ask }, request, asking) };
        const { sample, fourEyes } = await preview({ database, ask }, request, asking);
        const [forecast] = sample;
        return new Answer(200, { dryRun: true as const, verdict: forecast?.verdict ?? 'unknown', detail: forecast?.detail ?? '', needsSecondPerson: fourEyes });
      },
    }),
  ];
}

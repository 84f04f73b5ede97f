/** The door to this service's dead letters: read, classified and acted on by what the desk of operations has made out, with a name (I6). */
import type { DynamicModule } from '@nestjs/common';
import { type JsonPatchOperation, type LettersAnswer, lettersSubject, type LetterVerdict, MOST_LETTERS } from '@steward/contracts';
import { z } from 'zod';
import { doorModule } from '../broker/door';
import { type Acting, classifyRedrive, discard, redrive, skip } from '../dead-letter/redrive';
import { readLetterWhole } from './read-letter';

const words = z.string().trim().min(1).max(2_000);
const ids = z.array(z.uuid()).min(1).max(MOST_LETTERS);
const path = z.string().max(1_000).regex(/^(\/|$)/);
const operation = z.discriminatedUnion('op', [
  z.strictObject({ op: z.enum(['add', 'replace', 'test']), path, value: z.json() }),
  z.strictObject({ op: z.literal('remove'), path }),
  z.strictObject({ op: z.enum(['move', 'copy']), from: path, path }),
]);
const edit = z.strictObject({ id: z.uuid(), patch: z.array(operation).min(1).max(200), bodyHash: z.string().min(1).max(64) });

const question = z.discriminatedUnion('ask', [
  z.strictObject({ ask: z.literal('read'), id: z.uuid(), reveal: z.boolean() }),
  z.strictObject({ ask: z.literal('classify'), ids, edit: edit.optional() }),
  z.strictObject({ ask: z.literal('act'), actId: z.string().min(1).max(200), act: z.enum(['redrive', 'discard', 'skip']), ids, edit: edit.optional(), actor: words, reason: words }),
]);

const acts = { redrive, discard, skip };

export async function answerLetters(acting: Acting, service: string, asked: unknown): Promise<LettersAnswer> {
  const wish = question.parse(asked);
  if (wish.ask === 'read') {
    const reading = await readLetterWhole(acting, service, wish.id, wish.reveal);
    return reading ?? { verdicts: [unknown(wish.id)] };
  }
  const patch = wish.edit && { ...wish.edit, patch: wish.edit.patch as readonly JsonPatchOperation[] };
  // One person has looked at one body: an edit of many, or a discarded edit, is a mistake.
  if (patch && (wish.ids.length !== 1 || wish.ids[0] !== patch.id || (wish.ask === 'act' && wish.act !== 'redrive'))) throw new TypeError('an edit is redriven alone: name its letter, and no other');
  const verdicts = wish.ask === 'classify' ? await classifyRedrive(acting, wish.ids, patch) : await acts[wish.act](acting, wish.ids, { actor: wish.actor, reason: wish.reason, actId: wish.actId, edit: patch });
  const found = new Set(verdicts.map(({ id }) => id));
  return { verdicts: [...verdicts, ...wish.ids.filter((id) => !found.has(id)).map(unknown)] };
}

const unknown = (id: string): LetterVerdict => ({ id, verdict: 'unknown', detail: 'there is no such letter' });

export const lettersModule = (service: string, acting: () => Acting | undefined): DynamicModule => doorModule(lettersSubject(service), acting, (open, asked) => answerLetters(open, service, asked));

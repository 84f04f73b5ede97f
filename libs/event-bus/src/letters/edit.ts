/** What a person makes of a message that could not be applied (C6). Pure; it is checked again, like any message, when it is applied. */
import { hash } from 'node:crypto';
import { keyOf, type LetterEdit } from '@steward/contracts';
import { applyPatch, type Operation } from 'rfc6902';
import { readMessage } from '../consumer/arrival';
import type { StoredLetter } from '../dead-letter/forecast';

/** As that of a message, where the bytes are text. */
export const bodyHashOf = (body: Uint8Array): string => hash('sha256', body, 'hex').slice(0, 32);

/** Refused: what was written for another body, does not fit, is not what the contract says, or is about something else by now. */
export function applyEdit(letter: StoredLetter, { patch, bodyHash }: LetterEdit): { readonly body: Buffer } | { readonly refused: string } {
  if (bodyHashOf(letter.body) !== bodyHash) return { refused: 'the edit was made for another body than the letter has: read it again' };
  let data: unknown;
  try {
    data = JSON.parse(letter.body.toString('utf8'));
  } catch {
    return { refused: 'the body is not JSON: there is nothing to edit' };
  }
  const document = { body: data };
  // Under a name of its own, so that a patch may replace the whole.
  const faults = applyPatch(document, patch.map((each) => ({ ...each, path: `/body${each.path}`, ...('from' in each ? { from: `/body${each.from}` } : {}) }) as Operation));
  const fault = faults.findIndex((each) => each !== null);
  if (fault >= 0) return { refused: `operation ${String(fault + 1)} of the patch does not fit: ${faults[fault]?.name ?? ''}` };
  const body = Buffer.from(JSON.stringify(document.body) ?? '');
  const reading = readMessage({ subject: letter.subject, headers: Object.entries(letter.headers), data: body });
  if (!reading.sound) return { refused: `still refused: ${reading.error}` };
  if (keyOf(reading.contract, JSON.parse(body.toString('utf8'))) !== reading.envelope.key) return { refused: 'an edit may not change what the message is about' };
  return { body };
}

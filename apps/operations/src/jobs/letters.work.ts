import { type LettersAnswer, lettersSubject, type LettersQuestion, type LetterVerdict, type LetterVerdictKind, MOST_LETTERS } from '@steward/contracts';
import type { Ask } from '../api/feature';
import type { Member, Outcome } from './job';
import type { Edit } from './job.store';
import type { JobWork } from './job-runner';

/** The owner's word on each letter is what the gates did in its transaction: a confirmation, and no promise. */
const meaning: Readonly<Record<LetterVerdictKind, Outcome['state']>> = {
  apply: 'confirmed',
  superseded: 'confirmed',
  closed: 'skipped',
  conflict: 'failed',
  failed: 'failed',
  unknown: 'failed',
};

// A redrive is a transaction a letter; a hundred of them on a busy machine take seconds.
const actWithinMs = 30_000;

export function lettersWork(ask: Ask): JobWork {
  return {
    send: async (job, actId, members) => {
      const question: LettersQuestion = {
        ask: 'act', actId, act: 'redrive', ids: members.map(({ item }) => item), actor: job.actor, reason: job.reason,
        ...(job.edit === null ? {} : { edit: job.edit as Extract<LettersQuestion, { edit?: unknown }>['edit'] & object }),
      };
      const verdicts = verdictsOf(await ask<LettersAnswer>(lettersSubject(targetOf(members)), question, actWithinMs));
      const places = new Map(members.map(({ item, place }) => [item, place]));
      return verdicts.flatMap(({ id, verdict, detail }) => {
        const place = places.get(id);
        return place === undefined ? [] : [{ place, state: meaning[verdict], verdict, detail }];
      });
    },
  };
}

/** What a retry would do with each letter, asked of their holders. */
export async function forecastLetters(ask: Ask, letters: readonly { readonly id: string; readonly service: string }[], edit: Edit | null): Promise<LetterVerdict[]> {
  const byService = Map.groupBy(letters, ({ service }) => service);
  const verdicts: LetterVerdict[] = [];
  for (const [service, ofService] of byService) {
    for (let from = 0; from < ofService.length; from += MOST_LETTERS) {
      const question = { ask: 'classify', ids: ofService.slice(from, from + MOST_LETTERS).map(({ id }) => id), ...(edit === null ? {} : { edit }) };
      verdicts.push(...verdictsOf(await ask<LettersAnswer>(lettersSubject(service), question, actWithinMs)));
    }
  }
  return verdicts;
}

const targetOf = (members: readonly Member[]): string => members[0]?.target ?? '';
const verdictsOf = (answer: LettersAnswer): readonly LetterVerdict[] => ('verdicts' in answer ? answer.verdicts : []);

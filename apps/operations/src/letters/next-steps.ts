/** What to try first, by kind of failure. The runbook is that of the contract's owner; these words are the same for all of them. */
import type { DeadLetter } from '@steward/contracts';
import { z } from 'zod';
import type { Answered } from '../api/answer';

const nextStep = z.object({ act: z.enum(['wait', 'retry', 'edit', 'mend-then-retry', 'decide', 'never-retry']).describe('What the desk offers first.'), step: z.string() });
type NextStep = Answered<typeof nextStep>;

export const suggested = nextStep.extend({ runbook: z.string() }).meta({ id: 'Suggested', description: 'What to try first, and where to read on.' });

const steps: Readonly<Record<DeadLetter['class'], NextStep>> = {
  transient: { act: 'retry', step: 'It was tried for a quarter of an hour. See that what it needs answers again, then retry the group with a canary.' },
  'rate-limited': { act: 'wait', step: 'The other side asked for less. Lower the pace of the flow, or wait until its window is over, then retry slowly.' },
  auth: { act: 'mend-then-retry', step: 'The other side does not accept our credentials. Renew them, see that the flow goes on, then retry the group.' },
  contract: { act: 'edit', step: 'It breaks its contract. Mend it at the source, which closes the letter by itself; edit and retry only what can not be mended there.' },
  mapping: { act: 'mend-then-retry', step: 'The translation does not know what the system of record said. Mend the connector or the record; read the key again.' },
  conflict: { act: 'decide', step: 'Two contents came under one id or revision. Compare both with the system of record, then have the owner announce again.' },
  poison: { act: 'mend-then-retry', step: 'It ends the process that handles it. Mend the code first; a retry before that ends it again.' },
  bug: { act: 'mend-then-retry', step: 'Our own code failed. Mend what the frame names and deploy it, then retry with a canary.' },
  gap: { act: 'decide', step: 'The event before it never came. Have its owner send it again; skip it only if it is known to say nothing.' },
  awaiting: { act: 'retry', step: 'It speaks of something that did not come in time. See the flow of what it waits for, then retry.' },
  business: { act: 'decide', step: 'Nothing failed: a rule says no. The owning team decides.' },
  security: { act: 'never-retry', step: 'Its headers do not belong to its subject: somebody sent what they may not. Find out who; it is never applied.' },
};

/** Those that the desk knows what to do with. */
export const classes: readonly string[] = Object.keys(steps);

const unknown: NextStep = { act: 'decide', step: 'This kind is newer than the desk. Read what the letter says.' };

export const nextStepOf = (kind: string): NextStep => ((steps as Readonly<Record<string, NextStep | undefined>>)[kind] ?? unknown);

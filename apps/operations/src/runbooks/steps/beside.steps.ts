/** A read model that is made anew beside the live one, and swapped with it. */
import { type BesideAnswer, type BesideComparison, type BesideQuestion, digestSubject, type NodeDigest, rebuildSubject } from '@steward/contracts';
import { z } from 'zod';
import { defineStep, done, failed, type StepContext, type StepResult, waiting } from '../step';

const args = z.strictObject({ service: z.string().min(1).max(200) });

const asked = ({ ask }: Pick<StepContext, 'ask'>, service: string, question: BesideQuestion): Promise<BesideAnswer> => ask<BesideAnswer>(rebuildSubject(service), question);

/** Who has asked, for its row (I6). */
const act = ({ who, reason }: Pick<StepContext, 'who' | 'reason'>): { actor: string; reason: string } => ({ actor: who.id, reason });

const shownOf = (compared: readonly BesideComparison[]): string =>
  compared.map(({ entity, live, second, added, changed, gone, refused }) => {
    const difference = live.digest === second.digest && live.count === second.count ? 'the same' : `${String(added)} added, ${String(changed)} changed, ${String(gone)} gone`;
    return `${entity} ${String(live.count)} → ${String(second.count)}: ${difference}${refused > 0 ? `, ${String(refused)} refused` : ''}`;
  }).join('; ');

/** A step that goes by how the second model stands. */
const withStanding = (name: string, acts: boolean, run: (standing: BesideAnswer, context: StepContext, service: string) => StepResult | Promise<StepResult>) =>
  defineStep({ name, acts, args, run: async (context, { service }) => run(await asked(context, service, { ask: 'status-beside' }), context, service) });

export const besideSteps = [
  withStanding('beside-shown', false, async ({ beside, live }, { ask }) => {
    const lines = await Promise.all(live.map(async ({ entity, systems, holds }) => {
      const owned = await Promise.all(systems.map((system) => ask<NodeDigest>(digestSubject(system), { entity })));
      return `${entity} ${String(holds.count)}, its owner ${String(owned.reduce((sum, { count }) => sum + count, 0))}`;
    }));
    return done(`${lines.join('; ')}; ${beside === null ? 'never made anew' : `the last one: ${beside.state}`}`, { beside, live });
  }),
  defineStep({
    name: 'begin-beside',
    acts: true,
    args,
    // Asked for again while one is open, it goes on as it is.
    run: async (context, { service }) => {
      const { beside } = await asked(context, service, { ask: 'begin-beside', ...act(context) });
      return done(`${service} fills a second model from ${beside?.left.join(', ') ?? ''}`);
    },
  }),
  withStanding('beside-ready', false, ({ beside }) => {
    if (beside === null || beside.state === 'cancelled') return failed('it was cancelled');
    if (beside.state !== 'filling') return done(shownOf(beside.compared), { compared: beside.compared });
    return waiting(`${String(beside.items)} items so far, left ${beside.left.join(', ')}${beside.problem === null ? '' : `; ${beside.problem}`}`);
  }),
  withStanding('swap-beside', true, async ({ beside }, context, service) => {
    // Begun again after a crash: it may be done.
    if (beside?.state === 'swapped') return done('it is the live model');
    await asked(context, service, { ask: 'swap-beside', ...act(context) });
    return done('asked for');
  }),
  withStanding('beside-swapped', false, ({ beside }) => {
    if (beside?.state === 'swapped') return done(shownOf(beside.compared), { compared: beside.compared });
    if (beside === null || beside.state === 'cancelled') return failed('it was cancelled');
    if (beside.refusal !== null) return failed(`refused: ${beside.refusal}`);
    return waiting(beside.problem ?? 'being swapped');
  }),
  withStanding('cancel-beside', true, async ({ beside }, context, service) => {
    if (beside?.state === 'swapped') return failed('it is the live model already: it was the owners\' word, and newer changes have come since');
    if (beside?.state !== 'cancelled') await asked(context, service, { ask: 'cancel-beside', ...act(context) });
    return done('the second model is dropped');
  }),
];

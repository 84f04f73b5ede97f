import { z } from 'zod';
import { defineStep, done, failed, type StepContext, waiting } from '../step';

const name = z.string().min(1).max(200);
const which = z.strictObject({ service: name.optional(), entity: name.optional(), class: name.optional(), key: name.optional() });
type Which = z.output<typeof which>;

/** What their holders tell of open letters, by group; never their payload. */
async function openGroups({ database }: StepContext, { service, entity, key, class: of }: Which): Promise<{ consumer: string; class: string; message: string; count: number }[]> {
  return database.query(
    `select consumer, class, message, count(*)::int as count from letter
      where state = 'open' and kind = 'letter' and ($1::text is null or service = $1) and ($2::text is null or entity = $2) and ($3::text is null or class = $3) and ($4::text is null or key = $4)
      group by consumer, class, message order by count(*) desc, consumer, message limit 100`,
    [service ?? null, entity ?? null, of ?? null, key ?? null],
  );
}

const said = (groups: readonly { count: number; consumer: string; message: string }[]): string => `${String(groups.reduce((sum, { count }) => sum + count, 0))} open, most of ${groups[0]?.consumer ?? ''}: ${groups[0]?.message ?? ''}`;

export const letterSteps = [
  defineStep({
    name: 'letters-shown',
    acts: false,
    args: which,
    run: async (context, args) => {
      const groups = await openGroups(context, args);
      return done(groups.length === 0 ? 'none is open' : said(groups), { groups });
    },
  }),
  defineStep({
    name: 'letters-open',
    acts: false,
    args: which,
    run: async (context, args) => {
      const groups = await openGroups(context, args);
      return groups.length === 0 ? failed('no such letter is open') : done(said(groups), { groups });
    },
  }),
  defineStep({
    name: 'letters-closed',
    acts: false,
    args: which,
    run: async (context, args) => {
      const groups = await openGroups(context, args);
      return groups.length === 0 ? done('none is open') : waiting(said(groups));
    },
  }),
];

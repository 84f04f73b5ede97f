import { streams } from '@steward/contracts';
import { z } from 'zod';
import { defineStep, done, failed, type StepContext, waiting } from '../step';

const stream = z.enum(streams.map(({ name }) => name) as [string, ...string[]], { error: streams.map(({ name }) => name).join(', ') });

interface Epoch {
  readonly epoch: string;
  readonly reason: string;
  readonly openedAt: Date;
  readonly applied: boolean;
}

/** The lives of a stream as the provisioner keeps them: the latest first. */
async function epochsOf({ database }: StepContext, of: string): Promise<Epoch[]> {
  return database.query<Epoch & Record<string, unknown>>(
    `select e.epoch, e.reason, e.opened_at as "openedAt", coalesce(s.applied and s.epoch = e.epoch, false) as applied from broker_epoch e left join broker_stream s on s.stream = e.stream where e.stream = $1 order by e.id desc limit 10`, [of]);
}

export const brokerSteps = [
  defineStep({
    name: 'stream-lost',
    acts: false,
    args: z.strictObject({ stream }),
    run: async (context, args) => {
      const [latest, before] = await epochsOf(context, args.stream);
      if (latest === undefined) return failed(`${args.stream} was never seen at the broker`);
      return before === undefined ? failed(`${args.stream} has had one life only, nothing of it was lost`) : done(`${latest.reason}, since ${latest.openedAt.toISOString()}`, { latest, before });
    },
  }),
  defineStep({
    name: 'stream-owners',
    acts: false,
    args: z.strictObject({ stream }),
    run: async (_context, args) => {
      const found = streams.find(({ name }) => name === args.stream);
      return done(`${found?.system ?? ''} publishes again what it has announced; ${found?.subjects.join(', ') ?? ''}`, found);
    },
  }),
  defineStep({
    name: 'stream-made-again',
    acts: false,
    args: z.strictObject({ stream }),
    run: async (context, args) => {
      const [latest] = await epochsOf(context, args.stream);
      return latest?.applied === true ? done(`epoch ${latest.epoch} is carried out at the broker`) : waiting('the provisioner has not made it yet');
    },
  }),
];

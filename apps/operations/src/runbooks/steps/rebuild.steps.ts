import { type RebuildAnswer, rebuildSubject } from '@steward/contracts';
import { z } from 'zod';
import { defineStep, done, waiting } from '../step';

const text = z.string().min(1).max(200);

export const rebuildSteps = [
  defineStep({
    name: 'rebuild-shown',
    acts: false,
    args: z.strictObject({ service: text, entity: text }),
    run: async ({ ask }, { service, entity }) => {
      const { rebuilds } = await ask<RebuildAnswer>(rebuildSubject(service), { ask: 'status', entity });
      return done(rebuilds.length === 0 ? `${service} has never rebuilt ${entity}` : rebuilds.map(({ system, items, finishedAt }) => `${system}: ${String(items)} items, ${finishedAt === null ? 'running' : `ended ${finishedAt}`}`).join('; '), { rebuilds });
    },
  }),
  defineStep({
    name: 'rebuild-read-model',
    acts: true,
    args: z.strictObject({ service: text, entity: text }),
    // Asked for again while it runs, it goes on as it is; ended meanwhile, it would be one more pass through the gates, which changes nothing.
    run: async ({ ask, who, reason }, { service, entity }) => {
      const { rebuilds } = await ask<RebuildAnswer>(rebuildSubject(service), { ask: 'begin', entity, actor: who.id, reason });
      return done(`${service} reads the snapshots of ${rebuilds.map(({ system }) => system).join(', ')}`);
    },
  }),
  defineStep({
    name: 'rebuild-done',
    acts: false,
    args: z.strictObject({ service: text, entity: text }),
    run: async ({ ask }, { service, entity }) => {
      const { rebuilds } = await ask<RebuildAnswer>(rebuildSubject(service), { ask: 'status', entity });
      const open = rebuilds.find(({ finishedAt }) => finishedAt === null);
      if (open !== undefined) return waiting(`${open.system}: ${String(open.items)} items so far${open.problem === null ? '' : `; ${open.problem}`}`);
      return rebuilds.length === 0 ? waiting('no rebuild was asked for') : done(`${String(rebuilds.reduce((sum, { items }) => sum + items, 0))} items read`);
    },
  }),
];

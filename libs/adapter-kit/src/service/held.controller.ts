/** The owner's door to what the guard holds (X6): a desk or a command asks, with the name of whoever decides (I6). */
import type { DynamicModule } from '@nestjs/common';
import { type HeldAnswer, heldSubject } from '@steward/contracts';
import { doorModule } from '@steward/event-bus';
import type { Database } from '@steward/platform';
import { z } from 'zod';
import { decideHeldChange, listHeld, listHeldItems } from '../guard/decide-held';

const words = z.string().trim().min(1).max(2_000);

const question = z.discriminatedUnion('act', [
  z.strictObject({ act: z.literal('list') }),
  z.strictObject({ act: z.literal('items'), id: z.uuid(), after: z.string().default(''), limit: z.int().min(1).max(100).default(100) }),
  z.strictObject({ act: z.enum(['release', 'refuse']), id: z.uuid(), actor: words, reason: words }),
]);

async function answerHeld(database: Pick<Database, 'query' | 'transaction'>, asked: unknown): Promise<HeldAnswer<Date>> {
  const wish = question.parse(asked);
  if (wish.act === 'list') return { cases: await listHeld(database) };
  if (wish.act === 'items') return { items: await listHeldItems(database, wish.id, wish.after, wish.limit) };
  await decideHeldChange(database, wish.id, wish.act, wish);
  return { done: true };
}

export const heldModule = (service: string, database: () => Database | undefined): DynamicModule => doorModule(heldSubject(service), database, answerHeld);

/** What became of a refund. Only its owner knows, so it is asked each time; where the owner refused the command itself, its letter says so. */
import { type RefundPayment, refundPayment, type TraceAnswer, type TraceQuestion, traceSubject } from '@steward/contracts';
import { type Database, StewardError } from '@steward/platform';
import { z } from 'zod';
import { type Answered, storedInstant } from '../api/answer';
import type { Ask } from '../api/feature';
import type { SentRefund } from './refunds.store';

const states = ['sent', 'confirmed', 'refused', 'unknown'] as const;

export const refundView = z
  .object({
    refundId: z.string(), orderId: z.string(), amount: z.int().describe('In minor units.'), currency: z.string(), sentAt: storedInstant,
    state: z.enum(states).describe('`sent` = its owner is at it; `confirmed` and `refused` = by the payment provider or the owner; `unknown` = the owner can’t say now, and it must not be paid back in another way.'),
    detail: z.string().describe('In the words of whoever said so.'),
  })
  .meta({ id: 'Refund', description: 'Money that goes back to a shopper, an amount of an order once.' });

/** Who carries out the command; a command has one consumer. */
export const carriedOutBy: string = refundPayment.consumers[0]?.service ?? '';

type Result = Pick<Answered<typeof refundView>, 'state' | 'detail'>;

export async function withResult({ database, ask }: { readonly database: Pick<Database, 'query'>; readonly ask: Ask }, refund: SentRefund): Promise<Answered<typeof refundView>> {
  return { ...refund, ...((await fromEffect(ask, refund)) ?? (await fromLetter(database, refund))) };
}

/** The write to the payment provider, by its natural key; undefined where the owner has none. */
async function fromEffect(ask: Ask, { refundId, orderId }: Pick<RefundPayment, 'refundId' | 'orderId'>): Promise<Result | undefined> {
  let trace: TraceAnswer;
  try {
    trace = await ask<TraceAnswer>(traceSubject(carriedOutBy), { orderId } satisfies TraceQuestion, 5_000);
  } catch (error) {
    if (!(error instanceof StewardError)) throw error;
    return { state: 'unknown', detail: `${carriedOutBy} can't be asked: ${error.code}` };
  }
  const effect = trace.find(({ what, entity, key }) => what === 'effect' && entity === 'refund' && key === `${orderId}:${refundId}`);
  if (effect === undefined) return undefined;
  // A summary begins with the state of the effect; what is neither settled nor unknown is under way.
  const [said = ''] = effect.summary.split(',');
  return { state: states.find((state) => state === said) ?? 'sent', detail: `effect of ${carriedOutBy}: ${effect.summary}` };
}

async function fromLetter(database: Pick<Database, 'query'>, { refundId }: Pick<RefundPayment, 'refundId'>): Promise<Result> {
  const [letter] = await database.query<{ letterId: string; state: string; code: string | null; message: string }>(
    `select letter_id as "letterId", state, code, message from letter where entity = 'refund-payment' and key = $1 and state in ('open', 'discarded') order by opened_at desc limit 1`, [refundId],
  );
  if (letter === undefined) return { state: 'sent', detail: `${carriedOutBy} has not begun` };
  // Refused by a rule, or given up by a person, it is never paid; any other letter may be redriven.
  const never = letter.code === 'OMS_REFUND_REFUSED' || letter.state === 'discarded';
  return { state: never ? 'refused' : 'unknown', detail: `letter ${letter.letterId} of ${carriedOutBy}, ${letter.state}: ${letter.code ?? ''} ${letter.message}` };
}

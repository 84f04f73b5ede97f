/** Pieces that are to come back. What has shipped and not come back yet can; the order service looks at the goods before it pays (S4). */
import { returnable } from '@steward/commerce';
import { requestReturn as requestReturnCommand } from '@steward/contracts';
import { appendEvents } from '@steward/event-bus';
import { currentTraceparent, type ErrorCode, type ProblemPlace } from '@steward/platform';
import type { z } from 'zod';
import { quantity } from '../cart/cart.input';
import { answerOnce } from '../idempotency/answer-once';
import { storeAnswer, takeKey, type Answer, type Request } from '../idempotency/idempotency.store';
import { resourceIdOf } from '../idempotency/key';
import { fields, listOf, optional, text } from '../input/fields';
import type { FoundOrder } from '../order/order.queries';
import type { Aftersale } from './cancel-order';

export const returnInput = fields({ lines: listOf(fields({ lineId: text(40), quantity }), 200), reason: optional(text(500)) });
export type ReturnInput = z.output<typeof returnInput>;

export interface RequestedReturn {
  readonly return: { readonly id: string; readonly orderId: string; readonly status: 'REQUESTED'; readonly lines: readonly { readonly lineId: string; readonly quantity: number }[] };
}

export type Requested =
  | { readonly kind: 'answered'; readonly body: RequestedReturn; readonly replayed: boolean }
  | { readonly kind: 'refused'; readonly code: ErrorCode; readonly detail: string; readonly places: readonly ProblemPlace[] };

export function requestReturn({ database, clock }: Aftersale, { state }: FoundOrder, input: ReturnInput, request: Request): Promise<Requested> {
  const { orderId } = state;
  return answerOnce<Requested>(request, {
    database,
    waitMs: 0,
    replay: (_returnId, known) => Promise.resolve(answered(known, true)),
    answer: async (returnId) => {
      const body: RequestedReturn = { return: { id: returnId, orderId, status: 'REQUESTED', lines: input.lines } };
      return answered(await storeAnswer(database, request, { status: 202, body: JSON.stringify(body) }), false);
    },
    refused,
    attempt: (answerMs) => {
      const places = input.lines.flatMap((line, index) => faultOf(line, index, input, state.lines));
      if (places.length > 0) return Promise.resolve(refused('RETURN_REFUSED', `${places[0]?.pointer ?? ''} ${places[0]?.detail ?? ''}`, places));
      const returnId = resourceIdOf(request);
      const data = { returnId, orderId, lines: input.lines.map(({ lineId, quantity: pieces }) => ({ lineId, quantity: pieces })), reason: input.reason, requestedAt: new Date(clock.now()).toISOString() };
      return database.transaction(async (tx) => {
        if (!(await takeKey(tx, request, returnId, answerMs))) return false;
        await appendEvents(tx, [{ contract: requestReturnCommand, system: 'gateway', key: returnId, data, correlationId: orderId, traceparent: currentTraceparent() }]);
        return true;
      });
    },
  });
}

function answered({ body }: Answer, replayed: boolean): Requested {
  return { kind: 'answered', body: JSON.parse(body) as RequestedReturn, replayed };
}

function refused(code: ErrorCode, detail: string, places: readonly ProblemPlace[] = []) {
  return { kind: 'refused' as const, code, detail, places };
}

function faultOf({ lineId, quantity: pieces }: ReturnInput['lines'][number], index: number, { lines }: ReturnInput, ordered: FoundOrder['state']['lines']): ProblemPlace[] {
  const place = `/lines/${String(index)}`;
  const line = ordered.find((each) => each.lineId === lineId);
  if (line === undefined) return [{ pointer: `${place}/lineId`, detail: 'is no line of this order', accepted: ordered.map((each) => each.lineId).join(', ') }];
  if (lines.findIndex((each) => each.lineId === lineId) < index) return [{ pointer: `${place}/lineId`, detail: 'is given twice', accepted: 'each line once' }];
  const most = returnable(line);
  return pieces <= most ? [] : [{ pointer: `${place}/quantity`, detail: `is ${String(pieces)}`, accepted: most === 0 ? 'none: nothing of it has shipped, or all has come back' : `at most ${String(most)}` }];
}

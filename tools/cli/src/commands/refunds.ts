/** Money that goes back to a shopper: asked for by one person, agreed to by a second, carried out by its owner. */
import { actOf, type Command, idOf, text } from '../command';
import { exitCodes, Failure } from '../failure';
import type { Json } from '../operations.client';

const LOOK_MS = 1_000;

export const refunds: readonly Command[] = [
  {
    noun: 'refund', verb: 'ask', summary: 'pay back an amount of an order, once under this id; a second person makes the same call', args: '<id>', acts: true,
    options: [['--order <id>', 'the order that was paid'], ['--amount <n>', 'in minor units: 2599 is 25.99 EUR'], ['--currency <code>', 'ISO 4217, the one it was paid in']],
    run: async ({ operations, args, values }) => {
      const body = { orderId: needed(values['order'], '--order', 'the id of the order'), amount: wholeNumber(needed(values['amount'], '--amount', 'a whole number of minor units')), currency: needed(values['currency'], '--currency', 'ISO 4217, such as EUR') };
      return { kind: 'one', answer: await operations.post(`/refunds/${idOf(args)}`, { ...body, ...actOf(values) }) };
    },
  },
  {
    noun: 'refund', verb: 'show', summary: 'who wants it, who agreed, and what came of it; exit code 1 if it was refused', args: '<id>', options: [['--wait', 'wait until it is confirmed or refused']],
    run: async ({ operations, args, values, progress, signal }) => {
      let said = '';
      for (;;) {
        const answer = await operations.get(`/refunds/${idOf(args)}`);
        const refund = (answer['refund'] ?? {}) as Json;
        const state = text(refund as Readonly<Record<string, string>>, 'state') ?? 'waits for a second person';
        if (values['wait'] !== true || state === 'confirmed' || state === 'refused') return { kind: 'one', answer, unhealthy: state === 'refused' };
        if (state !== said) progress((said = state));
        await new Promise((resolve) => setTimeout(resolve, LOOK_MS));
        if (signal.aborted) throw new Failure(exitCodes.failed, 'stopped waiting; the refund goes on');
      }
    },
  },
];

function needed(given: unknown, flag: string, accepted: string): string {
  if (typeof given !== 'string' || given === '') throw new Failure(exitCodes.usage, `${flag} is missing; accepted: ${accepted}`);
  return given;
}

/** `25.99` would else be read as 25 by one and as 2599 by another. */
function wholeNumber(given: string): number {
  if (!/^[1-9][0-9]{0,14}$/.test(given)) throw new Failure(exitCodes.usage, `--amount ${given} is no whole number of minor units; accepted: 2599 for 25.99 EUR`);
  return Number(given);
}

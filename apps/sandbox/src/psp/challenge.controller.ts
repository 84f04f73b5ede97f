// The page on which a shopper shows the bank who he is.
import type { FastifyInstance, FastifyReply } from 'fastify';
import { answerChallenge } from './authorizing';
import type { Intent } from './objects';
import { outcomes, type PspParts } from './psp.controller';
import type { Moment } from './steps';
import { paymentOf, stepAside } from './till';

/** For a browser, so without the token. */
export function mountChallenges(server: FastifyInstance, { store, clock, announce, url }: PspParts): void {
  void server.register(async (scope) => {
    scope.removeAllContentTypeParsers();
    scope.addContentTypeParser('*', { parseAs: 'string' }, (_request, text, done) => done(null, text));
    scope.get('/psp/challenges/:id', async (request, reply) => {
      const payment = paymentOf(store, (request.params as { id: string }).id);
      return html(reply.code(payment ? 200 : 404), challengePage(payment?.intent));
    });
    scope.post('/psp/challenges/:id/:outcome', async (request, reply) => {
      const { id, outcome } = request.params as { id: string; outcome: string };
      const before = paymentOf(store, id)?.intent;
      const moment: Moment = { now: clock.now(), url: url(), idempotencyKey: null };
      const wanted = outcomes.safeParse(outcome);
      const done = wanted.success ? stepAside(store, id, moment, (payment) => answerChallenge(payment, wanted.data, moment), announce) : undefined;
      const back = returnAddress(before, done?.kind === 'done' && wanted.data === 'complete' && done.failure === undefined);
      if (done?.kind === 'done' && back !== undefined) return reply.redirect(back, 303);
      return html(reply.code(done?.kind === 'done' ? 200 : 409), challengePage(paymentOf(store, id)?.intent));
    });
  });
}

/** Where the shopper goes on, told how it went, as the PSP tells it. */
function returnAddress(intent: Intent | undefined, succeeded: boolean): string | undefined {
  const given = intent?.next_action?.redirect_to_url.return_url;
  if (!intent || given == null || !URL.canParse(given)) return undefined;
  const address = new URL(given);
  address.searchParams.set('payment_intent', intent.id);
  address.searchParams.set('redirect_status', succeeded ? 'succeeded' : 'failed');
  return address.href;
}

/** Nothing on it comes from outside but what was checked: an id, an amount, a currency of three letters, a state. */
function challengePage(intent: Intent | undefined): string {
  const said = intent === undefined ? 'There is no such payment.' : intent.status === 'requires_action' ? `Do you want to pay ${intent.amount} (smallest units of ${intent.currency.toUpperCase()})?` : `This payment is ${intent.status}.`;
  const button = (outcome: string, text: string): string => `<button formaction="/psp/challenges/${intent?.id}/${outcome}">${text}</button>`;
  const form = intent?.status === 'requires_action' ? `<form method="post">${button('complete', 'Yes, it is me')} ${button('fail', 'No')}</form>` : '';
  return `<!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>Your bank asks</title><body style="font:1.1rem system-ui;margin:3rem auto;max-width:30rem"><h1>Your bank asks</h1><p>${said}</p>${form}</body></html>`;
}

function html(reply: FastifyReply, page: string): FastifyReply {
  return reply.type('text/html; charset=utf-8').send(page);
}

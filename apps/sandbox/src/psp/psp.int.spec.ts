// Through the PSP's own client: what it makes of the answers is what our connector will see.
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import Stripe from 'stripe';
import { eventually } from '@steward/testing';
import { startTrial, type Trial } from '../trial.client';

describe('the PSP', () => {
  let trial: Trial;
  let subscriber: Server;
  let psp: Stripe;
  let events: Stripe.Event[];

  beforeAll(async () => {
    subscriber = createServer((request, response) => {
      const chunks: Buffer[] = [];
      request.on('data', (chunk: Buffer) => chunks.push(chunk));
      request.on('end', () => {
        // Throws, and answers nothing, if the signature is not one.
        events.push(psp.webhooks.constructEvent(Buffer.concat(chunks), request.headers['stripe-signature'] ?? '', 'whsec_1'));
        response.end();
      });
    });
    await new Promise<void>((done) => subscriber.listen(0, '127.0.0.1', done));
    trial = await startTrial({
      STEWARD_SANDBOX_RATE_LIMIT: '0',
      STEWARD_SANDBOX_WEBHOOKS: `psp=http://127.0.0.1:${(subscriber.address() as AddressInfo).port}/webhooks/stripe`,
      STEWARD_SANDBOX_WEBHOOK_SECRET: 'whsec_1',
    });
    const { hostname, port } = new URL(trial.url);
    psp = new Stripe('sandbox-token', { host: hostname, port, protocol: 'http', telemetry: false, maxNetworkRetries: 0 });
  });
  afterAll(async () => {
    await trial.stop();
    subscriber.closeAllConnections();
    await new Promise((done) => subscriber.close(done));
  });
  beforeEach(() => {
    events = [];
  });
  afterEach(async () => {
    await trial.control('DELETE', '/psp/faults');
  });

  const authorize = (order: string, more: Partial<Stripe.PaymentIntentCreateParams> = {}, key = `authorize:${order}`) =>
    psp.paymentIntents.create(
      {
        amount: 1_000,
        currency: 'eur',
        capture_method: 'manual',
        confirm: true,
        payment_method: 'pm_card_visa',
        allowed_payment_method_types: ['card'],
        payment_method_options: { card: { request_multicapture: 'if_available' } },
        metadata: { order },
        ...more,
      },
      { idempotencyKey: key },
    );
  const failureOf = (call: Promise<unknown>): Promise<Stripe.errors.StripeError> => call.then(() => { throw new Error('it was taken'); }, (error: Stripe.errors.StripeError) => error);
  const typesOf = (id: string): string[] => events.filter(({ data }) => [(data.object as { id: string }).id, (data.object as { payment_intent?: string }).payment_intent].includes(id)).map(({ type }) => type).sort();
  const book = async (order: string) => (await trial.control('GET', `/psp/charges?name=${order}`)).json;

  test('an authorization is captured shipment by shipment and refunded, and the books show each of it', async () => {
    const intent = await authorize('W-1', { expand: ['latest_charge'] });
    expect(intent).toMatchObject({ status: 'requires_capture', amount_capturable: 1_000, latest_charge: { payment_method_details: { card: { multicapture: { status: 'available' } } } } });
    await psp.paymentIntents.capture(intent.id, { amount_to_capture: 700, final_capture: false, metadata: { 'capture:S-1': '700' } }, { idempotencyKey: 'capture:W-1:S-1' });
    expect((await psp.paymentIntents.retrieve(intent.id)).metadata).toEqual({ order: 'W-1', 'capture:S-1': '700' });
    await psp.refunds.create({ payment_intent: intent.id, amount: 100, metadata: { refund: 'R-1' } });
    expect((await psp.paymentIntents.capture(intent.id, { amount_to_capture: 200 })).status).toBe('succeeded');
    expect(await psp.refunds.list({ payment_intent: intent.id })).toMatchObject({ data: [{ amount: 100, status: 'succeeded', metadata: { refund: 'R-1' } }] });
    expect(await book('W-1')).toEqual({
      items: [
        expect.objectContaining({
          intent: intent.id,
          status: 'succeeded',
          amount: 1_000,
          capturable: 0,
          captured: 900,
          refunded: 100,
          captures: [expect.objectContaining({ amount: 700, final: false, idempotencyKey: 'capture:W-1:S-1' }), expect.objectContaining({ amount: 200, final: true })],
          refunds: [expect.objectContaining({ amount: 100, metadata: { refund: 'R-1' } })],
        }),
      ],
      totals: { eur: { payments: 1, capturable: 0, captured: 900, refunded: 100 } },
    });
    await eventually(() => typesOf(intent.id).includes('payment_intent.succeeded'));
    expect(typesOf(intent.id)).toEqual(
      ['payment_intent.created', 'charge.succeeded', 'payment_intent.amount_capturable_updated', 'charge.updated', 'payment_intent.amount_capturable_updated', 'refund.created', 'charge.refunded', 'charge.updated', 'payment_intent.amount_capturable_updated', 'charge.captured', 'payment_intent.succeeded'].sort(),
    );
  });

  test('one key is one payment, also when the answer was lost, and another body is refused', async () => {
    await trial.control('POST', '/psp/faults', { kind: 'drop-after-commit', times: 2, match: { id: 'W-2' } });
    expect(await failureOf(authorize('W-2'))).toMatchObject({ type: 'StripeConnectionError' });
    const intent = await authorize('W-2');
    expect(intent.lastResponse.headers['idempotent-replayed']).toBe('true');
    expect((await book('W-2')).items).toMatchObject([{ intent: intent.id, capturable: 1_000 }]);
    expect(await failureOf(authorize('W-2', { amount: 5 }))).toMatchObject({ type: 'StripeIdempotencyError', statusCode: 400 });
  });

  test('a decline is a decline again under its key, and a payment that can be found', async () => {
    for (let time = 0; time < 2; time += 1) {
      expect(await failureOf(authorize('W-3', { payment_method: 'pm_card_chargeDeclined' }))).toMatchObject({ type: 'StripeCardError', statusCode: 402, code: 'card_declined', decline_code: 'generic_decline', payment_intent: { status: 'requires_payment_method' } });
    }
    const { data } = await psp.paymentIntents.search({ query: "metadata['order']:'W-3' AND status:'requires_payment_method'" });
    expect(data).toHaveLength(1);
    expect((await book('W-3')).items).toMatchObject([{ declines: 1, captured: 0 }]);
  });

  test.each([
    ['complete', 303, 'requires_capture', 'succeeded', 'payment_intent.amount_capturable_updated'],
    ['fail', 303, 'requires_payment_method', 'failed', 'payment_intent.payment_failed'],
  ])('a shopper who is asked who he is may %s', async (outcome, status, state, redirected, event) => {
    const intent = await authorize(`W-4-${outcome}`, { payment_method: 'pm_card_authenticationRequired', return_url: 'https://shop.example/back?cart=1' });
    const page = intent.next_action?.redirect_to_url?.url ?? '';
    expect([intent.status, page]).toEqual(['requires_action', `${trial.url}/psp/challenges/${intent.id}`]);
    const shown = await fetch(page, { headers: { connection: 'close' } });
    expect(await shown.text()).toContain(`formaction="/psp/challenges/${intent.id}/complete"`);
    const answer = await fetch(`${page}/${outcome}`, { method: 'POST', body: new URLSearchParams(), redirect: 'manual', headers: { connection: 'close' } });
    expect([answer.status, answer.headers.get('location')]).toEqual([status, `https://shop.example/back?cart=1&payment_intent=${intent.id}&redirect_status=${redirected}`]);
    expect((await psp.paymentIntents.retrieve(intent.id)).status).toBe(state);
    await eventually(() => typesOf(intent.id).includes(event));
    expect((await fetch(`${page}/complete`, { method: 'POST', headers: { connection: 'close' } })).status).toBe(409);
  });

  test('the control API answers for the shopper, lets the bank end an authorization, and settles a refund', async () => {
    const asked = await authorize('W-5', { payment_method: 'pm_card_threeDSecure2Required' });
    expect((await trial.control('POST', `/psp/payment_intents/${asked.id}/complete`)).json).toMatchObject({ status: 'requires_capture' });
    expect((await trial.control('POST', `/psp/payment_intents/${asked.id}/complete`)).json).toMatchObject({ code: 'SANDBOX_BODY_INVALID' });
    expect((await trial.control('POST', `/psp/payment_intents/${asked.id}/expire`)).json).toMatchObject({ status: 'canceled', cancellation_reason: 'automatic' });
    const paid = await authorize('W-6', { payment_method: 'pm_card_pendingRefund', capture_method: 'automatic' });
    const refund = await psp.refunds.create({ payment_intent: paid.id });
    expect(refund.status).toBe('pending');
    expect((await trial.control('POST', `/psp/refunds/${refund.id}/settle`, { status: 'failed' })).json).toMatchObject({ status: 'failed' });
    expect((await psp.refunds.retrieve(refund.id)).status).toBe('failed');
    await eventually(() => events.some(({ type }) => type === 'refund.failed'));
  });

  test('webhooks are lost, doubled and late on demand', async () => {
    await trial.control('POST', '/psp/faults', { kind: 'webhook-lose', match: { path: 'charge.*' } });
    await trial.control('POST', '/psp/faults', { kind: 'webhook-twice', match: { path: 'payment_intent.created', id: 'W-7' } });
    await trial.control('POST', '/psp/faults', { kind: 'webhook-late', delayMs: 200, match: { path: 'payment_intent.created' } });
    const intent = await authorize('W-7');
    await eventually(() => typesOf(intent.id).length === 3);
    expect(events.map(({ type }) => type)).toEqual(['payment_intent.amount_capturable_updated', 'payment_intent.created', 'payment_intent.created']);
    expect(events[1]?.id).toBe(events[2]?.id);
  });

  test('faults strike in the words of the PSP', async () => {
    for (const [fault, failure] of [
      [{ kind: 'error', status: 503 }, { type: 'StripeAPIError', statusCode: 503 }],
      [{ kind: 'rate-limit' }, { type: 'StripeRateLimitError', statusCode: 429 }],
      [{ kind: 'refuse', status: 402, code: 'card_declined' }, { type: 'StripeCardError', code: 'card_declined' }],
      [{ kind: 'malformed' }, { type: 'StripeAPIError' }],
    ] as const) {
      await trial.control('POST', '/psp/faults', { ...fault, times: 1 });
      expect(await failureOf(authorize('W-8', {}, `W-8-${fault.kind}`))).toMatchObject(failure);
    }
    expect((await book('W-8')).items).toHaveLength(1); // of the malformed answer: it was done
    await trial.control('POST', '/psp/faults', { kind: 'stale', delayMs: 60_000 });
    expect((await psp.paymentIntents.search({ query: "metadata['order']:'W-8'" })).data).toEqual([]);
  });

  test('lists go from new to old, page by page', async () => {
    for (const order of ['P-1', 'P-2', 'P-3']) await authorize(order, { customer: 'cus_pages' });
    const ids: string[] = [];
    for await (const intent of psp.paymentIntents.list({ customer: 'cus_pages', limit: 2 })) ids.push(intent.id);
    expect(new Set(ids).size).toBe(3);
    expect((await psp.events.list({ type: 'payment_intent.created', limit: 100 })).data.length).toBeGreaterThanOrEqual(3);
  });

  test.each([
    ['an unknown parameter', { amount: 5, currency: 'eur', colour: 'red' }, { code: 'parameter_unknown', param: 'colour' }],
    ['a missing one', { currency: 'eur' }, { code: 'parameter_missing', param: 'amount' }],
    ['no money', { amount: 0, currency: 'eur' }, { param: 'amount' }],
    ['a card nobody knows', { amount: 5, currency: 'eur', confirm: true, payment_method: 'pm_1' }, { code: 'resource_missing', param: 'payment_method' }],
  ])('%s is refused by name', async (_what, params, failure) => {
    expect(await failureOf(psp.paymentIntents.create(params as Stripe.PaymentIntentCreateParams))).toMatchObject({ type: 'StripeInvalidRequestError', statusCode: 400, ...failure });
  });

  test('its addresses are /v1 and /psp/v1, with the key as bearer or as user, and all are counted as one', async () => {
    await trial.control('DELETE', '/psp/calls');
    for (const [path, authorization] of [['/v1/payment_intents', 'Bearer sandbox-token'], ['/psp/v1/payment_intents', `Basic ${Buffer.from('sandbox-token:').toString('base64')}`]] as const) {
      expect((await trial.vendor(path, { authorization })).status).toBe(200);
    }
    expect((await trial.control('GET', '/psp/calls')).json.routes).toEqual({ 'GET /psp/v1/payment_intents': { calls: 2, statuses: { 200: 2 } } });
    expect(await failureOf(psp.paymentIntents.retrieve('pi_nobody'))).toMatchObject({ statusCode: 404, code: 'resource_missing' });
  });
});

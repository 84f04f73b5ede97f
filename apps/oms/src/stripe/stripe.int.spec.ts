/** The connector, Stripe's own package and all, against the sandbox process that speaks as Stripe does. No real provider was used. */
import { randomUUID } from 'node:crypto';
import { isNothingSent, type ResilientHttp, resilientHttp } from '@steward/adapter-kit';
import { createLogger, systemClock } from '@steward/platform';
import { freePort } from '@steward/servers';
import Stripe from 'stripe';
import type { Found, PaymentDesk, Write, Written } from '../effects/ports';
import { chargesOf, type SandboxProcess, startSandbox, token } from '../fixtures/sandbox.fixture.spec';
import type { Authorize } from '../saga/intent';
import { captureMark } from './outcomes';
import { stripeClient } from './stripe.client';
import { stripePayments } from './stripe.payments';
import { stripeWebhook } from './stripe.webhook';

const logger = createLogger({ service: 'stripe-test', level: 'silent' });

describe('payments by Stripe', () => {
  let sandbox: SandboxProcess;
  let http: ResilientHttp;
  let payments: PaymentDesk;
  beforeAll(async () => {
    sandbox = await startSandbox();
  });
  beforeEach(async () => {
    // A client of its own for each test: the breaker of one must not be open in the next.
    http = resilientHttp({ dependency: 'oms-stripe', clock: systemClock, logger, limits: { deadlineMs: 2_000, attemptMs: 2_000 } });
    payments = at(`${sandbox.url}/psp`);
    await sandbox.control('DELETE', 'psp/faults');
  });
  afterEach(() => http.close());
  afterAll(() => sandbox.stop());

  const at = (url: string, secretKey = token): PaymentDesk => stripePayments(stripeClient(http, { url, secretKey }), { returnUrl: 'http://shop.example/orders/{orderId}', settleMs: 0 });
  const call = (kind: string, key: string) => ({ key, idempotencyKey: `${kind}:${key}`, signal: new AbortController().signal });
  const fault = (kind: string, path: string, more: object = {}): Promise<unknown> => sandbox.control('POST', 'psp/faults', { kind, times: 1, match: { path, method: 'POST' }, ...more });
  const order = (paymentMethodToken = 'pm_card_visa', more: Partial<Authorize> = {}): Authorize => ({ orderId: randomUUID(), number: 'W-10000001', amount: 5_000, currency: 'EUR', customerId: 'C-1', paymentMethodToken, ...more });
  const authorize = (request: Authorize): Promise<Written> => payments.authorize.submit(request, call('authorize', request.orderId));
  const look = <Request>(write: Write<Request>, request: Request, answer: { reference: string } | null = null): Promise<Found> => write.look(request, { ...call('look', 'x'), answer });
  const referenceOf = (written: Found): string => ('answer' in written ? written.answer.reference : fail(written));
  const fail = (written: Found): never => {
    throw new Error(JSON.stringify(written));
  };

  it('authorizes, captures parcel by parcel, refunds, and lets the rest go', async () => {
    const request = order();
    const authorized = await authorize(request);
    expect(authorized).toMatchObject({ kind: 'confirmed', answer: { amount: 5_000 } });
    const { orderId, currency } = request;
    const reference = referenceOf(authorized);
    const part = (shipmentId: string, amount: number, final: boolean) => ({ orderId, reference, shipmentId, amount, currency, final });
    expect(await payments.capture.submit(part('S-1', 1_500, false), call('capture', `${orderId}:S-1`))).toMatchObject({ kind: 'confirmed' });
    expect(await payments.capture.submit(part('S-2', 2_000, false), call('capture', `${orderId}:S-2`))).toMatchObject({ kind: 'confirmed' });
    expect(await payments.refund.submit({ orderId, reference, refundId: 'R-1', amount: 700, currency, reason: 'late' }, call('refund', `${orderId}:R-1`))).toMatchObject({ kind: 'confirmed' });
    expect(await payments.release.submit({ orderId, reference }, call('void', orderId))).toMatchObject({ kind: 'confirmed' });
    const [charge] = await chargesOf(sandbox, orderId);
    expect(charge).toMatchObject({ amount: 5_000, capturable: 0, captured: 3_500, refunded: 700 });
    expect(charge?.captures.map(({ amount }) => amount).filter((amount) => amount > 0)).toEqual([1_500, 2_000]);
  });

  it.each([['pm_card_chargeDeclinedInsufficientFunds', 'insufficient_funds'], ['pm_card_chargeDeclinedExpiredCard', 'expired_card'], ['no such method', 'resource_missing']])('a refusal is an outcome with its code: %s', async (method, code) => {
    expect(await authorize(order(method))).toMatchObject({ kind: 'refused', code });
  });

  it('3-D Secure: pending with the address of the bank, and what the shopper does there is found by looking', async () => {
    const [yes, no] = [order('pm_card_authenticationRequired'), order('pm_card_authenticationRequired')];
    const [first, second] = [await authorize(yes), await authorize(no)];
    expect(first).toMatchObject({ kind: 'pending', answer: { actionUrl: expect.stringContaining('/psp/challenges/') } });
    expect(await look(payments.authorize, yes, { reference: referenceOf(first) })).toMatchObject({ kind: 'pending' });
    await sandbox.control('POST', `psp/payment_intents/${referenceOf(first)}/complete`);
    await sandbox.control('POST', `psp/payment_intents/${referenceOf(second)}/fail`);
    expect(await look(payments.authorize, yes, { reference: referenceOf(first) })).toMatchObject({ kind: 'confirmed', answer: { amount: 5_000 } });
    expect(await look(payments.authorize, no, { reference: referenceOf(second) })).toMatchObject({ kind: 'refused', code: 'payment_intent_authentication_failure' });
  });

  it('an authorization that waits for its shopper can be let go, and is refused from then on', async () => {
    const request = order('pm_card_authenticationRequired');
    const reference = referenceOf(await authorize(request));
    expect(await payments.release.submit({ orderId: request.orderId, reference }, call('void', request.orderId))).toMatchObject({ kind: 'confirmed' });
    expect(await look(payments.authorize, request, { reference })).toMatchObject({ kind: 'refused', code: 'canceled' });
    expect(await look(payments.release, { orderId: request.orderId, reference })).toMatchObject({ kind: 'confirmed' });
  });

  it('S6: a lost answer is not known, and what was done is found by its natural key', async () => {
    const request = order();
    await fault('drop-after-commit', '/psp/v1/payment_intents');
    const failure = await authorize(request).then(() => undefined, (error: unknown) => error);
    expect([failure instanceof Error, isNothingSent(failure)]).toEqual([true, false]);
    const found = await look(payments.authorize, request);
    expect(found).toMatchObject({ kind: 'confirmed', answer: { amount: 5_000 } });
    const reference = referenceOf(found);

    const part = { orderId: request.orderId, reference, shipmentId: 'S-1', amount: 1_000, currency: 'EUR', final: false };
    expect(await look(payments.capture, part)).toEqual({ kind: 'absent' });
    await fault('drop-after-commit', `/psp/v1/payment_intents/${reference}/capture`);
    await expect(payments.capture.submit(part, call('capture', `${request.orderId}:S-1`))).rejects.toThrow();
    expect(await look(payments.capture, part)).toMatchObject({ kind: 'confirmed' });
    expect(await look(payments.capture, { ...part, shipmentId: 'S-2' })).toEqual({ kind: 'absent' });

    const back = { orderId: request.orderId, reference, refundId: 'R-1', amount: 400, currency: 'EUR', reason: 'late' };
    expect(await look(payments.refund, back)).toEqual({ kind: 'absent' });
    await fault('drop-after-commit', '/psp/v1/refunds');
    await expect(payments.refund.submit(back, call('refund', `${request.orderId}:R-1`))).rejects.toThrow();
    expect(await look(payments.refund, back)).toMatchObject({ kind: 'confirmed' });
    expect(await chargesOf(sandbox, request.orderId)).toMatchObject([{ captured: 1_000, refunded: 400 }]);
  });

  it('S6: an index that lags shows nothing; sent again with the same key it is still one payment', async () => {
    const request = order();
    await fault('drop-after-commit', '/psp/v1/payment_intents');
    await expect(authorize(request)).rejects.toThrow();
    await sandbox.control('POST', 'psp/faults', { kind: 'stale', delayMs: 60_000, times: 1 });
    expect(await look(payments.authorize, request)).toEqual({ kind: 'absent' });
    expect(await authorize(request)).toMatchObject({ kind: 'confirmed' });
    expect(await chargesOf(sandbox, request.orderId)).toHaveLength(1);
  });

  it('a write whose state forbids it because it was done already is done', async () => {
    const request = order();
    const reference = referenceOf(await authorize(request));
    const part = { orderId: request.orderId, reference, shipmentId: 'S-1', amount: 5_000, currency: 'EUR', final: true };
    await payments.capture.submit(part, call('capture', `${request.orderId}:S-1`));
    await sandbox.control('DELETE', 'psp/idempotency-keys');
    expect(await payments.capture.submit(part, call('capture', `${request.orderId}:S-1`))).toMatchObject({ kind: 'confirmed' });
    expect(await payments.capture.submit({ ...part, shipmentId: 'S-2' }, call('capture', `${request.orderId}:S-2`))).toMatchObject({ kind: 'refused' });
    expect(await chargesOf(sandbox, request.orderId)).toMatchObject([{ captured: 5_000 }]);
  });

  it('what never reached Stripe is known not to have happened', async () => {
    const unsent = async (desk: PaymentDesk): Promise<boolean> => isNothingSent(await desk.authorize.submit(order(), call('authorize', 'x')).then(() => undefined, (error: unknown) => error));
    expect(await unsent(at(`http://127.0.0.1:${await freePort()}/psp`))).toBe(true);
    expect(await unsent(at(`${sandbox.url}/psp`, 'sk_wrong'))).toBe(true);
    await fault('rate-limit', '/psp/v1/payment_intents', { retryAfterSeconds: 1 });
    expect(await unsent(payments)).toBe(true);
  });

  it('S5: counts as Stripe counts, in both directions', async () => {
    for (const [currency, amount, charged] of [['JPY', 5_000, 5_000], ['ISK', 700, 70_000], ['KWD', 12_340, 12_340]] as const) {
      const request = order('pm_card_visa', { currency, amount });
      expect(await authorize(request)).toMatchObject({ kind: 'confirmed', answer: { amount } });
      expect(await chargesOf(sandbox, request.orderId)).toMatchObject([{ amount: charged }]);
    }
    expect(await authorize(order('pm_card_visa', { currency: 'KWD', amount: 12_345 }))).toMatchObject({ kind: 'refused', code: 'amount_not_possible' });
  });

  it('tells nobody its key', async () => {
    const errors = await Promise.all([at(`${sandbox.url}/psp`, 'sk_wrong_9876543210').authorize.submit(order(), call('authorize', 'y')), payments.refund.submit({ orderId: 'O', reference: 'pi_none', refundId: 'R', amount: 1, currency: 'EUR', reason: 'x' }, call('refund', 'O:R'))].map((done) => done.then(JSON.stringify, (error: Error) => `${error.message} ${JSON.stringify(error)} ${error.stack}`)));
    expect(errors.join()).not.toMatch(/sk_wrong_9876543210|sk_only_here/);
  });

  it('names captures by 40 characters, whatever the parcel is called', () => {
    expect(captureMark('x'.repeat(200))).toHaveLength(39);
    expect(captureMark('S-1')).not.toBe(captureMark('S-2'));
  });
});

describe('webhooks of Stripe', () => {
  const secret = 'whsec_test';
  const door = stripeWebhook([secret]);
  const now = Date.parse('2026-11-24T10:00:00.000Z');
  const event = JSON.stringify({ id: 'evt_1', object: 'event', type: 'payment_intent.succeeded', data: { object: { object: 'payment_intent', metadata: { orderId: 'O-1' } } } });
  const signed = (payload: string, at = now, by = secret): string => Stripe.webhooks.generateTestHeaderString({ payload, secret: by, timestamp: Math.floor(at / 1_000) });
  const verdict = (header: string | undefined, body = event) => door.verify(Buffer.from(body), { 'stripe-signature': header }, now);

  it('are believed when they are signed, unchanged and fresh', () => {
    expect(verdict(signed(event))).toEqual({ ok: true });
    expect(verdict(undefined)).toMatchObject({ ok: false, reason: 'unsigned' });
    expect(verdict(signed(event), event.replace('O-1', 'O-2'))).toMatchObject({ ok: false, reason: 'signature' });
    expect(verdict(signed(event, now, 'whsec_other'))).toMatchObject({ ok: false, reason: 'signature' });
    expect(verdict(signed(event, now - 301_000))).toMatchObject({ ok: false, reason: 'replay' });
  });

  it('are believed under the new secret and the previous one while one replaces the other, and too old under either is too old', () => {
    const both = stripeWebhook(['whsec_new', secret]);
    const verdictOfBoth = (header: string) => both.verify(Buffer.from(event), { 'stripe-signature': header }, now);
    for (const by of ['whsec_new', secret]) {
      expect(verdictOfBoth(signed(event, now, by))).toEqual({ ok: true });
      expect(verdictOfBoth(signed(event, now - 301_000, by))).toMatchObject({ ok: false, reason: 'replay' });
    }
    expect(verdictOfBoth(signed(event, now, 'whsec_other'))).toMatchObject({ ok: false, reason: 'signature' });
  });

  it('of another shape are refused', async () => {
    await expect(door.receive({} as never, { type: 'x' })).rejects.toThrow();
  });
});

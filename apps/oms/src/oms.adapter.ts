import { defineAdapter } from '@steward/adapter-kit';
import { StewardError } from '@steward/platform';
import { orderEffects } from './effects/order.effects';
import type { PaymentDesk } from './effects/ports';
import { omsEnv } from './env';
import { customerErasedHandler } from './erasure/customer-erased.handler';
import { forgetEveryMs, forgetOrders } from './erasure/forget-orders';
import { cancelOrderHandler } from './order/cancel-order.handler';
import { placeOrderHandler } from './order/place-order.handler';
import { refundPaymentHandler } from './order/refund-payment.handler';
import { requestReturnHandler } from './order/request-return.handler';
import { omsMigrations } from './order/saga.migration';
import { shipmentProjection } from './order/shipment.projection';
import { stockReservationProjection } from './order/stock-reservation.projection';
import { sweep, sweepEveryMs } from './order/sweeper';
import { watchCancellations, watchEveryMs } from './order/watch-cancellations';
import { type PromiseKeys, promiseKeys } from './promise/promise-keys.client';
import { stripeClient } from './stripe/stripe.client';
import { stripePayments } from './stripe/stripe.payments';
import { stripeWebhook } from './stripe/stripe.webhook';
import { vendors } from './vendors';

/** The second system of an order, beside the OMS, and what its prices are judged by. */
interface Own {
  readonly payments: PaymentDesk;
  readonly keys: PromiseKeys;
  readonly watch: ReturnType<typeof watchCancellations>;
}

/** Orders: the saga that brings stock, payment, OMS and ERP to one answer, and the states it announces. */
export const oms = defineAdapter({
  name: 'oms',
  connectors: vendors,
  env: omsEnv,
  migrations: omsMigrations,
  opens: ({ env, clock, logger, database, source, http: openHttp, onClose }): Own => {
    // Its own way out: a slow provider must not open the breaker of the OMS, nor take its seats.
    const http = openHttp('oms-stripe', { concurrency: 16, deadlineMs: 15_000, attemptMs: 15_000 });
    onClose('payments', () => http.close());
    const stripe = stripeClient(http, { url: env.STEWARD_PSP_URL, secretKey: env.STEWARD_PSP_SECRET_KEY });
    return {
      payments: stripePayments(stripe, { returnUrl: env.STEWARD_PSP_RETURN_URL, settleMs: env.STEWARD_PSP_SETTLE_MS }),
      keys: promiseKeys({ from: keysFrom(env), clock, logger }),
      watch: watchCancellations({ source, database, clock, logger }),
    };
  },
  consumes: ({ clock, logger, own }) => {
    const parts = { clock, logger };
    return {
      handlers: [placeOrderHandler({ ...parts, keys: own.keys }), cancelOrderHandler(parts), refundPaymentHandler(parts), requestReturnHandler(parts), customerErasedHandler],
      projections: [stockReservationProjection(parts), shipmentProjection(parts)],
    };
  },
  effects: ({ clock, logger, source, own }) => orderEffects(source.desk, own.payments, { clock, logger }),
  loops: [
    { name: 'overdue orders', everyMs: sweepEveryMs, run: async ({ database, clock, logger }, signal) => void (await sweep(database, { clock, logger }, signal)) },
    { name: 'orders of erased customers', everyMs: forgetEveryMs, run: async ({ database, clock, logger }, signal) => void (await forgetOrders(database, { clock, logger }, signal)) },
    { name: 'orders cancelled at the OMS', everyMs: watchEveryMs, run: async ({ own }, signal) => void (await own.watch(signal)) },
  ],
  webhooks: ({ env }) => [stripeWebhook(env.STEWARD_PSP_WEBHOOK_SECRET)],
});

function keysFrom({ STEWARD_PROMISE_JWKS: text, STEWARD_PROMISE_JWKS_URL: url }: { STEWARD_PROMISE_JWKS?: string | undefined; STEWARD_PROMISE_JWKS_URL?: string | undefined }): { text: string } | { url: string } {
  if (text !== undefined) return { text };
  if (url !== undefined) return { url };
  throw new StewardError('ENV_INVALID', 'without keys no order can be judged', { place: 'STEWARD_PROMISE_JWKS_URL', accepted: 'the address of the gateway’s /.well-known/jwks.json, or the set itself in STEWARD_PROMISE_JWKS' });
}

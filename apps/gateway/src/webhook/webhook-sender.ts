/**
 * Tells endpoints of orders by the Standard Webhooks specification. Several replicas may run: the store keeps them apart. An endpoint may be
 * told the same twice, with the same webhook-id, and never of an older state after a newer one was accepted by it in the same id.
 */
import { BackgroundLoop, counter, currentTraceparent, gauge, inSpan, beforeScrape, postWebhook, type Clock, type Database, type Endpoints, type Logger, type WebhookAttempt as Attempt } from '@steward/platform';
import { findOrder } from '../order/order.queries';
import { toOrderView } from '../order/order-view';
import { claimDue, keepBody, markFailed, markTold, type Due } from './webhook.store';

const POLL_MS = 500;
const MOST_AT_ONCE = 20;
/** Longer than a try may take: within it nobody else tries. */
const CLAIM_MS = 60_000;
const seconds = (count: number): number => count * 1_000;
const hours = (count: number): number => count * 3_600_000;
/** As the specification proposes: two days and a half in all. */
const PAUSES_MS = [seconds(5), seconds(300), seconds(1_800), hours(2), hours(5), hours(10), hours(14), hours(20)];
/** Long enough to be looked at. */
const LONGEST_RETRY_AFTER_MS = hours(1);

const attempts = counter('steward_webhooks_total', 'Tries to tell an endpoint of an order', ['outcome']);
const open = gauge('steward_webhooks_open', 'Endpoints and orders that wait to be told, or were given up', ['state']);

export class WebhookSender {
  private readonly loop: BackgroundLoop;
  private unmeasure: (() => void) | undefined;

  constructor(private readonly parts: { endpoints: Endpoints; database: Database; clock: Clock; logger: Logger }) {
    const { clock, logger } = parts;
    this.loop = new BackgroundLoop({ clock, logger, turn: () => this.turn(), pauseMs: POLL_MS, failed: 'endpoints not told, trying again' });
  }

  start(): void {
    this.loop.start();
    this.unmeasure = beforeScrape(() => this.measure());
  }

  async stop(): Promise<void> {
    await this.loop.stop();
    this.unmeasure?.();
  }

  private async turn(): Promise<number> {
    const claimed = await claimDue(this.parts.database, MOST_AT_ONCE, CLAIM_MS);
    await Promise.all(claimed.map((due) => this.tell(due)));
    return claimed.length < MOST_AT_ONCE ? POLL_MS : 0;
  }

  private async tell(due: Due): Promise<void> {
    const { database, logger } = this.parts;
    const body = due.body ?? (await this.bodyOf(due));
    if (body === null) return markTold(database, due);
    if (due.body === null && !(await keepBody(database, due, body))) return;
    // The trace goes on at the shop: what happens there belongs to what the shopper did.
    const attempt = await inSpan('webhook send', { kind: 'client', parent: due.traceparent }, () => this.post(due, body));
    attempts.inc({ outcome: attempt.kind });
    if (attempt.kind === 'told') return markTold(database, due);
    const reason = attempt.kind === 'gone' ? 'status 410' : attempt.reason;
    const pause = attempt.kind === 'gone' ? undefined : PAUSES_MS[due.attempts - 1];
    if (pause === undefined) logger.error({ endpoint: due.endpoint, orderId: due.orderId, reason }, 'an endpoint is not told of this order any more');
    await markFailed(database, due, reason, pause === undefined ? null : withJitter(pause, attempt));
  }

  private post({ endpoint, messageId }: Due, body: string): Promise<Attempt> {
    const at = new Date(this.parts.clock.now());
    const traceparent = currentTraceparent();
    return postWebhook(
      endpoint,
      body,
      {
        'webhook-id': messageId,
        'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
        'webhook-signature': this.parts.endpoints.sign(messageId, at, body),
        ...(traceparent === null ? {} : { traceparent }),
      },
      this.loop.signal,
    );
  }

  /** null: the order is not there any more. Where its shopper has to go is theirs alone. */
  private async bodyOf({ orderId }: Due): Promise<string | null> {
    const found = await findOrder(this.parts.database, orderId);
    if (found === undefined) return null;
    const order = toOrderView(found);
    return JSON.stringify({ type: 'order.updated', timestamp: new Date(this.parts.clock.now()).toISOString(), data: { order: { ...order, payment: { ...order.payment, actionUrl: null } } } });
  }

  private async measure(): Promise<void> {
    const rows = await this.parts.database.query<{ waiting: number; given_up: number }>('select count(*) filter (where given_up_at is null)::int as waiting, count(given_up_at)::int as given_up from webhook').catch(() => []);
    open.set({ state: 'waiting' }, rows[0]?.waiting ?? 0);
    open.set({ state: 'given up' }, rows[0]?.given_up ?? 0);
  }
}

/** Up to a fifth more, so that what failed together does not come back together. */
function withJitter(pause: number, attempt: Attempt): number {
  const asked = attempt.kind === 'failed' ? Math.min(attempt.retryAfterMs ?? 0, LONGEST_RETRY_AFTER_MS) : 0;
  return Math.max(asked, pause * (1 + Math.random() / 5));
}

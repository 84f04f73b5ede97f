// Webhooks in the manner of such vendors.
// 1. Events are collected for a moment and sent together, several requests may be under way, order is not promised.
// 2. A subscriber that does not answer 2xx in time is tried a few times again and then forgotten: a webhook is a
//    hint, and a receiver that needs every one is wrong.
// 3. The signature covers "<timestamp>.<raw body>", so neither can be changed alone; a retry is signed anew.
import { createHmac } from 'node:crypto';
import { Agent, request } from 'undici';
import { counter, type Logger } from '@steward/platform';
import type { SystemName } from '../records/collections';

/** What is told of a change: where it was, or for the PSP the whole event. */
export type WebhookEvent = { readonly collection: string; readonly id: string; readonly at: string } | Readonly<Record<string, unknown>>;

export interface Subscriber {
  readonly system: SystemName;
  readonly url: string;
}

const FLUSH_MS = 10;
const MAX_UNDER_WAY = 4;
const ANSWER_WITHIN_MS = 5_000;
const RETRY_AFTER_MS = [200, 1_000, 5_000];

const sent = counter('steward_sandbox_webhooks_total', 'Webhook requests of the sandbox by outcome', ['outcome']);

/** How a vendor puts its events into requests. */
interface Manner {
  readonly most: number;
  readonly bodyOf: (events: readonly WebhookEvent[]) => string;
  readonly headersOf: (secret: string, timestamp: string, body: string) => Readonly<Record<string, string>>;
}

const hints: Manner = {
  most: 500,
  bodyOf: (events) => JSON.stringify({ events }),
  headersOf: (secret, timestamp, body) => ({ 'x-sandbox-timestamp': timestamp, 'x-sandbox-signature': `sha256=${signatureOf(secret, timestamp, body)}` }),
};

/** One event a request, and both parts of the signature in one header. */
const stripes: Manner = {
  most: 1,
  bodyOf: ([event]) => JSON.stringify(event),
  headersOf: (secret, timestamp, body) => ({ 'stripe-signature': `t=${timestamp},v1=${signatureOf(secret, timestamp, body)}` }),
};

interface Queue {
  readonly url: string;
  readonly manner: Manner;
  readonly events: WebhookEvent[];
  underWay: number;
  timer: NodeJS.Timeout | undefined;
}

export class Webhooks {
  private readonly queues = new Map<SystemName, Queue[]>();
  private readonly agent = new Agent({ connections: MAX_UNDER_WAY, headersTimeout: ANSWER_WITHIN_MS, bodyTimeout: ANSWER_WITHIN_MS, connectTimeout: ANSWER_WITHIN_MS });
  private readonly stopping = new AbortController();
  private readonly timers = new Set<NodeJS.Timeout>();

  constructor(
    subscribers: readonly Subscriber[],
    private readonly secret: string,
    private readonly logger: Logger,
  ) {
    for (const { system, url } of subscribers) {
      const queue: Queue = { url, manner: system === 'psp' ? stripes : hints, events: [], underWay: 0, timer: undefined };
      this.queues.set(system, [...(this.queues.get(system) ?? []), queue]);
    }
  }

  send(system: SystemName, events: readonly WebhookEvent[]): void {
    for (const queue of this.queues.get(system) ?? []) {
      for (const event of events) queue.events.push(event);
      if (queue.timer === undefined) queue.timer = this.later(FLUSH_MS, () => this.flush(queue));
    }
  }

  sendLater(system: SystemName, events: readonly WebhookEvent[], afterMs: number): void {
    this.later(afterMs, () => this.send(system, events));
  }

  async close(): Promise<void> {
    this.stopping.abort();
    for (const timer of this.timers) clearTimeout(timer);
    await this.agent.destroy();
  }

  private flush(queue: Queue): void {
    queue.timer = undefined;
    while (queue.events.length > 0 && queue.underWay < MAX_UNDER_WAY) {
      const body = queue.manner.bodyOf(queue.events.splice(0, queue.manner.most));
      queue.underWay += 1;
      void this.deliver(queue, body, 0).then(() => this.release(queue));
    }
  }

  private release(queue: Queue): void {
    queue.underWay -= 1;
    if (queue.events.length > 0 && queue.timer === undefined) this.flush(queue);
  }

  /** Never fails towards the queue, and a retry does not hold its place in it. */
  private async deliver(queue: Queue, body: string, attempt: number): Promise<void> {
    const outcome = await this.post(queue, body);
    sent.inc({ outcome });
    if (outcome === 'accepted' || this.stopping.signal.aborted) return;
    const wait = RETRY_AFTER_MS[attempt];
    if (wait === undefined) this.logger.warn({ url: queue.url, attempts: attempt + 1 }, 'a webhook was given up');
    else this.later(wait, () => void this.deliver(queue, body, attempt + 1));
  }

  private async post({ url, manner }: Queue, body: string): Promise<'accepted' | 'refused' | 'unreachable'> {
    const timestamp = String(Math.floor(Date.now() / 1000));
    try {
      const answer = await request(url, {
        method: 'POST',
        body,
        dispatcher: this.agent,
        signal: this.stopping.signal,
        headers: { 'content-type': 'application/json', ...manner.headersOf(this.secret, timestamp, body) },
      });
      await answer.body.dump();
      return answer.statusCode < 300 ? 'accepted' : 'refused';
    } catch {
      return 'unreachable';
    }
  }

  private later(afterMs: number, act: () => void): NodeJS.Timeout {
    const timer = setTimeout(() => {
      this.timers.delete(timer);
      act();
    }, afterMs);
    this.timers.add(timer);
    return timer;
  }
}

function signatureOf(secret: string, timestamp: string, body: string): string {
  return createHmac('sha256', secret).update(`${timestamp}.${body}`).digest('hex');
}

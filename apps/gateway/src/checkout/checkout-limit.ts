import type { FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { StewardError, type Clock } from '@steward/platform';
import { clientOf } from '../storefront/rate-limit';
import { nameOf, type Customer, type Guest } from '../identity/identity';

const WINDOW_MS = 60_000;
const MOST_REMEMBERED = 100_000;

/**
 * How often somebody may ask for what costs stock and signatures behind us, in fixed windows of a minute and per process. A customer is one
 * wherever they come from; a guest is their address. Beside the limit of all requests, which a product page shares.
 */
export class CheckoutLimit {
  private readonly windows = new LRUCache<string, { endsAt: number; taken: number }>({ max: MOST_REMEMBERED });

  /** `most` 0 = without limit. */
  constructor(
    private readonly most: number,
    private readonly clock: Clock,
  ) {}

  /** Throws CHECKOUT_RATE_LIMITED when there is nothing left. */
  take(identity: Guest | Customer, request: Pick<FastifyRequest, 'ip'>, reply: FastifyReply): void {
    if (this.most === 0) return;
    const name = identity.kind === 'customer' ? nameOf(identity) : `guest:${clientOf(request.ip)}`;
    const now = this.clock.now();
    let window = this.windows.get(name);
    if (window === undefined || now >= window.endsAt) this.windows.set(name, (window = { endsAt: now + WINDOW_MS, taken: 0 }));
    if (window.taken >= this.most) {
      void reply.header('retry-after', String(Math.max(1, Math.ceil((window.endsAt - now) / 1_000))));
      throw new StewardError('CHECKOUT_RATE_LIMITED', `${String(this.most)} in this minute`, { accepted: `${String(this.most)} a minute` });
    }
    window.taken += 1;
  }
}

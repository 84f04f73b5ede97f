/**
 * How much a client may ask in a minute, in points: a product is one, a list as many as it may show, GraphQL its cost. Told in the
 * headers of draft-ietf-httpapi-ratelimit-headers-10. Counted per process in fixed windows; a bounded number of clients is remembered,
 * so that a flood from many addresses costs no memory.
 */
import { isIPv4 } from 'node:net';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { LRUCache } from 'lru-cache';
import { StewardError, type Clock } from '@steward/platform';

export interface Allowance {
  readonly policy: string;
  /** Throws GATEWAY_RATE_LIMITED when the client has fewer points left. */
  spend: (points: number) => void;
  /** Value of the header RateLimit after what was spent. */
  readonly left: () => string;
}

declare module 'fastify' {
  interface FastifyRequest {
    /** null where nothing is limited. */
    allowance: Allowance | null;
  }
}

interface Window {
  endsAt: number;
  spent: number;
}

const WINDOW_MS = 60_000;
const MOST_CLIENTS = 100_000;
/** Probes belong to the orchestrator. */
const FREE = new Set(['/livez', '/readyz']);

/** `points` per minute and client; 0 = without limit. */
export function limitRates(app: FastifyInstance, points: number, clock: Clock): void {
  app.decorateRequest('allowance', null);
  if (points === 0) return;
  const windows = new LRUCache<string, Window>({ max: MOST_CLIENTS });
  const policy = `"default";q=${String(points)};w=${String(WINDOW_MS / 1_000)}`;

  app.addHook('onRequest', (request, reply, done) => {
    if (FREE.has(request.url)) {
      done();
      return;
    }
    const client = clientOf(request.ip);
    const now = clock.now();
    let window = windows.get(client);
    if (window === undefined || now >= window.endsAt) windows.set(client, (window = { endsAt: now + WINDOW_MS, spent: 0 }));
    request.allowance = allowanceOf(window, reply);
    request.allowance.spend(1);
    done();
  });

  // Answers that `send` writes carry the headers already.
  app.addHook('onSend', (request, reply, _payload, done) => {
    if (request.allowance !== null) void reply.header('ratelimit-policy', policy).header('ratelimit', request.allowance.left());
    done();
  });

  function allowanceOf(window: Window, reply: FastifyReply): Allowance {
    const secondsLeft = (): string => String(Math.max(1, Math.ceil((window.endsAt - clock.now()) / 1_000)));
    return {
      policy,
      left: () => `"default";r=${String(Math.max(0, points - window.spent))};t=${secondsLeft()}`,
      spend: (wanted) => {
        if (window.spent + wanted > points) {
          void reply.header('retry-after', secondsLeft());
          throw new StewardError('GATEWAY_RATE_LIMITED', `${String(wanted)} points wanted, ${String(Math.max(0, points - window.spent))} left`, { accepted: `${String(points)} points a minute` });
        }
        window.spent += wanted;
      },
    };
  }
}

/** What the answer costs beyond the one point of every request. */
export function spend(request: FastifyRequest, points: number): void {
  if (points > 1) request.allowance?.spend(points - 1);
}

/** An IPv6 client is its network: one machine has 2^64 addresses to itself. */
export function clientOf(ip: string): string {
  if (isIPv4(ip)) return ip;
  const mapped = ip.replace(/^::ffff:/i, '');
  if (isIPv4(mapped)) return mapped;
  const [head = '', tail] = ip.split('%')[0]?.split('::') ?? [];
  const front = head === '' ? [] : head.split(':');
  const back = tail === undefined || tail === '' ? [] : tail.split(':');
  const zeros = tail === undefined ? [] : Array.from({ length: Math.max(0, 8 - front.length - back.length) }, () => '0');
  return [...front, ...zeros, ...back].slice(0, 4).join(':');
}

/**
 * How the storefront stops listening without one request failing (C10).
 * 1. Not ready comes first; whoever sends requests learns of it a moment later, so they are answered as long as they come.
 * 2. Every answer tells its client to close the connection. A connection that the server closes may carry a request in that very
 *    moment, which then fails though nobody did anything wrong; one that its client closes can not.
 * 3. The end is reached when nothing has come for a while, or its time is over: a client that does not care holds up no deploy.
 */
import { setTimeout as sleep } from 'node:timers/promises';
import type { FastifyInstance } from 'fastify';

/** Several looks of an orchestrator or of a balancer that is quick to look. */
const QUIET_MS = 250;
/** Less than a step of the shutdown may take. */
const AT_MOST_MS = 5_000;
const LOOK_EVERY_MS = 25;

export class Leaving {
  private left = false;
  private lastAt = 0;

  /** To be made before the storefront listens. */
  constructor(private readonly storefront: FastifyInstance) {
    storefront.addHook('onRequest', (_request, reply, done) => {
      this.lastAt = performance.now();
      if (this.left) void reply.header('connection', 'close');
      done();
    });
  }

  async close(): Promise<void> {
    this.left = true;
    const began = performance.now();
    this.lastAt = Math.max(this.lastAt, began);
    // Who has no connection open and sends nothing is waited for as well: it may be about to.
    while (performance.now() - began < AT_MOST_MS && performance.now() - this.lastAt < QUIET_MS) await sleep(LOOK_EVERY_MS);
    // Connections that are busy now are idle one after the other; nobody else would close those before their keep-alive ends.
    const sweep = setInterval(() => this.storefront.server.closeIdleConnections(), 50);
    await this.storefront.close().finally(() => clearInterval(sweep));
  }
}

// The questions of whoever supervises the process. Liveness asks nothing but the event loop: a restart cures neither a vendor nor
// a database, and a liveness probe that asks them turns their outage into ours.
import type { HealthCheckService, HealthIndicatorService } from '@nestjs/terminus';
import type { FastifyInstance } from 'fastify';
import { scrape } from '../metrics/metrics';
import type { Readiness } from './readiness';

interface ProbeParts {
  readonly readiness: Readiness;
  readonly health: () => HealthCheckService;
  readonly indicators: () => HealthIndicatorService;
}

interface Answer {
  readonly status: number;
  readonly body: object;
}

export function mountProbes(server: FastifyInstance, { readiness, health, indicators }: ProbeParts): void {
  server.get('/livez', () => ({ status: 'ok' }));
  server.get('/startupz', (_request, reply) => {
    const started = readiness.isStarted();
    return reply.code(started ? 200 : 503).send({ status: started ? 'ok' : 'error', ...(started ? {} : { reasons: readiness.reasons() }) });
  });
  server.get('/readyz', async (_request, reply) => {
    const { status, body } = await readyAnswer();
    return reply.code(status).send(body);
  });
  server.get('/metrics', async (_request, reply) => {
    const { contentType, text } = await scrape();
    return reply.type(contentType).send(text);
  });

  async function readyAnswer(): Promise<Answer> {
    const reasons = readiness.reasons();
    const names = new Set([...readiness.names(), ...Object.keys(reasons)]);
    const checks = [...names].map((name) => () => {
      const reason = reasons[name];
      const indicator = indicators().check(name);
      return reason === undefined ? indicator.up() : indicator.down(reason);
    });
    try {
      return { status: 200, body: await health().check(checks) };
    } catch (error) {
      // Terminus throws its result inside an HTTP exception, so that Nest's controllers answer 503.
      if (isHttpException(error)) return { status: error.getStatus(), body: { ...bodyOf(error.getResponse()), reasons } };
      throw error;
    }
  }
}

const bodyOf = (response: string | object): object => (typeof response === 'string' ? { status: response } : response);

const isHttpException = (error: unknown): error is { getStatus: () => number; getResponse: () => string | object } =>
  typeof error === 'object' && error !== null && 'getStatus' in error && 'getResponse' in error;

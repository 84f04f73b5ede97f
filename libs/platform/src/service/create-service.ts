/**
 * A service process as a value: tests make many in one process. Invariants:
 * 1. It owns no module-level state; metrics and the tracer provider belong to the process.
 * 2. It answers probes before its transports start, so that "not ready, because …" can be read while it waits for them.
 * 3. When it fails to start, everything that was opened is closed before the error is thrown.
 * 4. It stops once, in the order of shutdown.ts, however often it is asked.
 */
import type { DynamicModule, Type } from '@nestjs/common';
import type { NestFastifyApplication } from '@nestjs/platform-fastify';
import type { ServiceEnv } from '../env/service-env';
import { systemClock, type Clock } from '../clock/clock';
import { createLogger, type Logger } from '../log/logger';
import { collectProcessMetrics } from '../metrics/metrics';
import { nestLogger } from './nest-logger';
import { mountProbes } from './probes';
import { Readiness } from './readiness';
import { createRefusals } from './refusals';
import { Shutdown } from './shutdown';

export interface Runtime {
  readonly service: string;
  readonly logger: Logger;
  readonly clock: Clock;
  readonly readiness: Readiness;
  readonly shutdown: Shutdown;
}

export interface ServiceSpec {
  readonly name: string;
  readonly env: Pick<ServiceEnv, 'STEWARD_HEALTH_PORT' | 'STEWARD_HEALTH_HOST' | 'STEWARD_LOG_LEVEL'>;
  readonly module: (runtime: Runtime) => DynamicModule | Type;
  /** Before it listens: routes, microservices (`app.connectMicroservice`), hooks. */
  readonly configure?: (app: NestFastifyApplication, runtime: Runtime) => Promise<void>;
  readonly clock?: Clock;
  readonly logger?: Logger;
}

export interface Service {
  readonly app: NestFastifyApplication;
  readonly runtime: Runtime;
  /** http://host:port of the probes. */
  readonly url: string;
  readonly stop: () => Promise<void>;
}

/**
 * Creates and starts a service.
 * @throws whatever its parts throw, after everything that was opened has been closed
 */
export async function createService(spec: ServiceSpec): Promise<Service> {
  const { name, env } = spec;
  const logger = spec.logger ?? createLogger({ service: name, level: env.STEWARD_LOG_LEVEL });
  const runtime: Runtime = { service: name, logger, clock: spec.clock ?? systemClock, readiness: new Readiness(), shutdown: new Shutdown(logger) };
  collectProcessMetrics();
  let app: NestFastifyApplication | undefined;
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> => (stopped ??= stopService(app, runtime));
  try {
    app = await createApp(spec, runtime);
    await spec.configure?.(app, runtime);
    await app.listen({ port: env.STEWARD_HEALTH_PORT, host: env.STEWARD_HEALTH_HOST });
    await app.startAllMicroservices();
    runtime.readiness.markStarted();
    const url = await app.getUrl();
    logger.info({ url }, 'started');
    return { app, runtime, url, stop };
  } catch (error) {
    await stop().catch((cause: unknown) => logger.error({ err: cause }, 'stopping after a failed start failed'));
    throw error;
  }
}

async function createApp(spec: ServiceSpec, runtime: Runtime): Promise<NestFastifyApplication> {
  // Imported here: half a second that a unit test or a command, importing this package for a clock, doesn't have to pay.
  const { NestFactory } = await import('@nestjs/core');
  const { FastifyAdapter } = await import('@nestjs/platform-fastify');
  const { HealthCheckService, HealthIndicatorService, TerminusModule } = await import('@nestjs/terminus');
  const { readiness, shutdown } = runtime;
  class ServiceModule {}
  const lifecycle = {
    onModuleDestroy: async () => {
      readiness.markClosing();
      await shutdown.drain();
    },
    onApplicationShutdown: () => shutdown.close(),
  };
  const root: DynamicModule = {
    module: ServiceModule,
    imports: [TerminusModule.forRoot({ logger: false }), spec.module(runtime)],
    providers: [{ provide: 'steward:lifecycle', useValue: lifecycle }],
  };
  const refusals = createRefusals(runtime.logger);
  const adapter = new FastifyAdapter({ forceCloseConnections: 'idle', frameworkErrors: refusals.badAddress });
  refusals.watch(adapter.getInstance());
  const app = await NestFactory.create<NestFastifyApplication>(root, adapter, {
    logger: nestLogger(runtime.logger),
    abortOnError: false,
    // Signatures of webhooks are over the bytes as they came (`request.rawBody`).
    rawBody: true,
  });
  app.useGlobalFilters(refusals.filter);
  mountProbes(app.getHttpAdapter().getInstance(), {
    readiness,
    health: () => app.get(HealthCheckService),
    indicators: () => app.get(HealthIndicatorService),
  });
  return app;
}

async function stopService(app: NestFastifyApplication | undefined, { readiness, shutdown }: Runtime): Promise<void> {
  readiness.markClosing();
  try {
    await app?.close();
  } finally {
    // Nest calls the hooks; when it had no chance to (a failed start), or failed in between, the steps still run. Done steps are gone.
    await shutdown.drain();
    await shutdown.close();
  }
}

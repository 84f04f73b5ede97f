import type { Span } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { GraphQLInstrumentation } from '@opentelemetry/instrumentation-graphql';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation, type UndiciRequest } from '@opentelemetry/instrumentation-undici';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { ATTR_SERVICE_NAME, ATTR_URL_FULL, ATTR_URL_QUERY } from '@opentelemetry/semantic-conventions';
import { boundedSpans } from './bounded-spans';
import { onTelemetryStop, serviceName } from './lifecycle';

const probes = /^\/(livez|readyz|startupz|metrics)\b/;

/** A vendor may want its token in the query, a customer may write a name into it; paths are enough to know a call. */
function withoutQuery(span: Span, request: UndiciRequest): void {
  span.setAttributes({ [ATTR_URL_FULL]: request.origin + (request.path.split('?')[0] ?? ''), [ATTR_URL_QUERY]: '' });
}

/** Starts tracing for this process; the exporter reads OTEL_EXPORTER_OTLP_* itself, the provider OTEL_TRACES_SAMPLER and its limits. */
export function startSdk(env: Readonly<Record<string, string | undefined>>): void {
  // The exporter's own default of 10 s keeps a shutdown waiting when no collector listens.
  const timeoutMillis = Number(env['OTEL_EXPORTER_OTLP_TIMEOUT'] ?? 1_000);
  const bounds = {
    most: Number(env['OTEL_BSP_MAX_QUEUE_SIZE'] ?? 8_192),
    batch: Number(env['OTEL_BSP_MAX_EXPORT_BATCH_SIZE'] ?? 512),
    everyMs: Number(env['OTEL_BSP_SCHEDULE_DELAY'] ?? 1_000),
    exportTimeoutMs: Number(env['OTEL_BSP_EXPORT_TIMEOUT'] ?? timeoutMillis + 500),
  };
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: env['OTEL_SERVICE_NAME'] ?? serviceName, 'service.namespace': 'steward' }),
    spanProcessors: [boundedSpans(new OTLPTraceExporter({ timeoutMillis }), bounds)],
  });
  provider.register();
  // Without a parent these would make a root span of every poll of every loop, which nobody asked about.
  registerInstrumentations({
    tracerProvider: provider,
    instrumentations: [
      new HttpInstrumentation({
        ignoreIncomingRequestHook: (request) => probes.test(request.url ?? ''),
        requireParentforOutgoingSpans: true,
        requestHook: (span) => void span.setAttribute(ATTR_URL_QUERY, ''),
      }),
      new UndiciInstrumentation({ requireParentforSpans: true, requestHook: withoutQuery }),
      new PgInstrumentation({ requireParentSpan: true, ignoreConnectSpans: true }),
      new GraphQLInstrumentation({ mergeItems: true, ignoreTrivialResolveSpans: true, ignoreResolveSpans: true }),
    ],
  });
  onTelemetryStop(() => provider.shutdown());
}

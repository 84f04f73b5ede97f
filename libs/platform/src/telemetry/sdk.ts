import type { Span } from '@opentelemetry/api';
import { OTLPTraceExporter } from '@opentelemetry/exporter-trace-otlp-proto';
import { registerInstrumentations } from '@opentelemetry/instrumentation';
import { GraphQLInstrumentation } from '@opentelemetry/instrumentation-graphql';
import { HttpInstrumentation } from '@opentelemetry/instrumentation-http';
import { PgInstrumentation } from '@opentelemetry/instrumentation-pg';
import { UndiciInstrumentation, type UndiciRequest } from '@opentelemetry/instrumentation-undici';
import { resourceFromAttributes } from '@opentelemetry/resources';
import { BatchSpanProcessor, NodeTracerProvider } from '@opentelemetry/sdk-trace-node';
import { ATTR_SERVICE_NAME, ATTR_URL_FULL, ATTR_URL_QUERY } from '@opentelemetry/semantic-conventions';
import { onTelemetryStop, serviceName } from './lifecycle';

const probes = /^\/(livez|readyz|startupz|metrics)\b/;

/** A vendor may want its token in the query, a customer may write a name into it; paths are enough to know a call. */
function withoutQuery(span: Span, request: UndiciRequest): void {
  span.setAttributes({ [ATTR_URL_FULL]: request.origin + (request.path.split('?')[0] ?? ''), [ATTR_URL_QUERY]: '' });
}

/** Starts tracing for this process; the exporter reads OTEL_EXPORTER_OTLP_* itself. */
export function startSdk(env: Readonly<Record<string, string | undefined>>): void {
  // The exporter's own default of 10 s keeps a shutdown waiting when no collector listens.
  const timeoutMillis = Number(env['OTEL_EXPORTER_OTLP_TIMEOUT'] ?? 1_000);
  const provider = new NodeTracerProvider({
    resource: resourceFromAttributes({ [ATTR_SERVICE_NAME]: env['OTEL_SERVICE_NAME'] ?? serviceName, 'service.namespace': 'steward' }),
    spanProcessors: [new BatchSpanProcessor(new OTLPTraceExporter({ timeoutMillis }), { scheduledDelayMillis: 1_000, maxQueueSize: 8_192, exportTimeoutMillis: timeoutMillis + 500 })],
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

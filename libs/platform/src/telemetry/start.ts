// Import this first in a main file, before anything that loads http, pg or graphql: instrumentations hook into `require`.
// Metrics don't come from here but from prom-client: OTel's Prometheus exporter drops `_seconds` from names.
import { createRequire } from 'node:module';

export { stopTelemetry } from './lifecycle';

const endpoint = process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] ?? process.env['OTEL_EXPORTER_OTLP_TRACES_ENDPOINT'];
if (endpoint !== undefined && endpoint !== '' && process.env['OTEL_SDK_DISABLED'] !== 'true') {
  // Loaded only when wanted: the SDK costs a third of a second at every start. A `require`, because hooks must be in place
  // before the next import of the main file runs.
  const { startSdk } = createRequire(__filename)('./sdk') as typeof import('./sdk');
  startSdk(process.env);
}

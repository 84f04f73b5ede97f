/** The tracing that production has, into a receiver of the test's own. */
import { createRequire } from 'node:module';
import { inSpan, nameService } from '@steward/platform';
import { eventually, OtlpReceiver } from '@steward/testing';

export interface Tracing {
  /** Every span so far, as text. */
  readonly spans: () => Promise<readonly string[]>;
  readonly close: () => Promise<void>;
}

export async function startTracing(): Promise<Tracing> {
  const receiver = await OtlpReceiver.start();
  process.env['OTEL_EXPORTER_OTLP_ENDPOINT'] = receiver.url;
  // A `require` now, because it starts by what the environment says when it is loaded.
  const { stopTelemetry } = createRequire(__filename)('@steward/platform/telemetry') as typeof import('@steward/platform/telemetry');
  nameService('conformance'); // spans wait for it
  const mark = 'all spans before this one are sent';
  return {
    spans: async () => {
      const marks = (): number => receiver.spans.filter(({ name }) => name === mark).length;
      const before = marks();
      await inSpan(mark, { parent: null }, () => Promise.resolve());
      await eventually(() => marks() > before);
      return receiver.spans.map((span) => JSON.stringify(span));
    },
    close: async () => {
      await stopTelemetry();
      await receiver.close();
    },
  };
}

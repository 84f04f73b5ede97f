import type { Attribute, ReceivedSpan } from './protobuf';

type JsonValue = { stringValue?: string; boolValue?: boolean; intValue?: string | number; doubleValue?: number; arrayValue?: { values?: JsonValue[] } };
type JsonAttributes = { key: string; value?: JsonValue }[];
interface JsonSpan {
  traceId: string;
  spanId: string;
  parentSpanId?: string;
  name: string;
  kind?: number;
  startTimeUnixNano?: string;
  endTimeUnixNano?: string;
  attributes?: JsonAttributes;
  links?: { traceId: string; spanId: string }[];
  status?: { code?: number };
}
interface JsonRequest {
  resourceSpans?: { resource?: { attributes?: JsonAttributes }; scopeSpans?: { spans?: JsonSpan[] }[] }[];
}

function toAttribute(value: JsonValue | undefined): Attribute {
  if (value?.intValue !== undefined) return Number(value.intValue);
  if (value?.arrayValue !== undefined) return (value.arrayValue.values ?? []).map(toAttribute);
  return value?.stringValue ?? value?.boolValue ?? value?.doubleValue ?? null;
}

const toAttributes = (list: JsonAttributes = []): Record<string, Attribute> => Object.fromEntries(list.map(({ key, value }) => [key, toAttribute(value)]));

/** ExportTraceServiceRequest in OTLP's JSON mapping → spans. */
export function decodeJson(body: Buffer): ReceivedSpan[] {
  const request = JSON.parse(body.toString()) as JsonRequest;
  return (request.resourceSpans ?? []).flatMap(({ resource, scopeSpans = [] }) => {
    const service = String(toAttributes(resource?.attributes)['service.name'] ?? '');
    return scopeSpans.flatMap(({ spans = [] }) =>
      spans.map((span) => ({
        service,
        traceId: span.traceId,
        spanId: span.spanId,
        parentSpanId: span.parentSpanId ?? '',
        name: span.name,
        kind: span.kind ?? 0,
        attributes: toAttributes(span.attributes),
        links: (span.links ?? []).map(({ traceId, spanId }) => ({ traceId, spanId })),
        startUs: Number(BigInt(span.startTimeUnixNano ?? 0) / 1_000n),
        endUs: Number(BigInt(span.endTimeUnixNano ?? 0) / 1_000n),
        status: span.status?.code ?? 0,
      })),
    );
  });
}

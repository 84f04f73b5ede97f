/** A trace as an engineer sees it in Jaeger: who caused what, where, and when within the whole. Pure. */

export interface DrawnSpan {
  readonly service: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly name: string;
  /** OTLP's numbers. */
  readonly kind: number;
  readonly startUs: number;
  readonly endUs: number;
  readonly status: number;
}

const kinds = ['', 'internal', 'server', 'client', 'producer', 'consumer'];
const barWidth = 32;

export interface Placed {
  readonly span: DrawnSpan;
  readonly depth: number;
}

/** Depth first, children by their start. What has no parent here stands at the top. */
function inOrder(spans: readonly DrawnSpan[]): readonly Placed[] {
  const known = new Set(spans.map(({ spanId }) => spanId));
  const children = Map.groupBy(spans, ({ parentSpanId }) => (known.has(parentSpanId) ? parentSpanId : ''));
  const below = (parent: string, depth: number): Placed[] =>
    (children.get(parent) ?? []).toSorted((a, b) => a.startUs - b.startUs).flatMap((span) => [{ span, depth }, ...below(span.spanId, depth + 1)]);
  return below('', 0);
}

/** From a span to the first that caused it, itself included. */
export function causes(spans: readonly DrawnSpan[], from: DrawnSpan): readonly DrawnSpan[] {
  const byId = new Map(spans.map((span) => [span.spanId, span]));
  const chain: DrawnSpan[] = [];
  for (let at: DrawnSpan | undefined = from; at !== undefined && !chain.includes(at); at = byId.get(at.parentSpanId)) chain.push(at);
  return chain.reverse();
}

/** Lines of equal form: bar, share of the whole, service, kind, name. Shares and no times: they tell what is long on any machine. */
export function drawTrace(spans: readonly DrawnSpan[]): string {
  const from = Math.min(...spans.map(({ startUs }) => startUs));
  const whole = Math.max(1, Math.max(...spans.map(({ endUs }) => endUs)) - from);
  const widest = Math.max(...spans.map(({ service }) => service.length));
  return inOrder(spans)
    .map(({ span, depth }) => {
      const at = Math.min(barWidth - 1, Math.floor(((span.startUs - from) / whole) * barWidth));
      const length = Math.max(1, Math.min(barWidth - at, Math.round(((span.endUs - span.startUs) / whole) * barWidth)));
      const share = `${String(Math.round(((span.endUs - span.startUs) / whole) * 100))} %`;
      return `|${' '.repeat(at)}${'█'.repeat(length)}${' '.repeat(barWidth - at - length)}| ${share.padStart(5)}  ${span.service.padEnd(widest)}  ${(kinds[span.kind] ?? '').padEnd(8)}  ${'  '.repeat(depth)}${span.name}${span.status === 2 ? '  ✗' : ''}`;
    })
    .join('\n');
}

import { causes, type DrawnSpan, drawTrace } from './draw';

const span = (spanId: string, parentSpanId: string, startUs: number, endUs: number, more: Partial<DrawnSpan> = {}): DrawnSpan => ({ service: 'pim', spanId, parentSpanId, name: `span ${spanId}`, kind: 1, startUs, endUs, status: 0, ...more });

describe('a trace that is drawn', () => {
  it('has each span below its cause, in the order of time, with its share of the whole', () => {
    const spans = [span('c', 'a', 50, 100, { service: 'gateway', kind: 5, status: 2 }), span('b', 'a', 0, 25, { kind: 4 }), span('a', 'elsewhere', 0, 50)];
    expect(drawTrace(spans).split('\n').map((line) => line.replaceAll(/█+/g, '█'))).toEqual([
      expect.stringMatching(/^\|█ +\| {2}50 % {2}pim {6}internal {2}span a$/),
      expect.stringMatching(/^\|█ +\| {2}25 % {2}pim {6}producer {4}span b$/),
      expect.stringMatching(/^\| {16}█\| {2}50 % {2}gateway {2}consumer {4}span c {2}✗$/),
    ]);
  });

  it('leads from a span to what began it, and ends where somebody drew a circle', () => {
    const spans = [span('a', '', 0, 9), span('b', 'a', 1, 8), span('c', 'b', 2, 3), span('x', 'y', 0, 1), span('y', 'x', 0, 1)];
    expect([spans[2], spans[3]].map((from) => causes(spans, from as DrawnSpan).map(({ spanId }) => spanId))).toEqual([['a', 'b', 'c'], ['y', 'x']]);
  });
});

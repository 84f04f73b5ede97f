import { beforeScrape, collectProcessMetrics, counter, gauge, histogram, observeTraced, scrape } from './metrics';

describe('metrics', () => {
  it('are created once by name: two instances of a part share a series', async () => {
    counter('steward_tests_total', 'Tests', ['kind']).inc({ kind: 'unit' });
    counter('steward_tests_total', 'Tests', ['kind']).inc({ kind: 'unit' });
    expect((await scrape()).text).toContain('steward_tests_total{kind="unit"} 2');
  });

  it('lead from a bucket to a trace that was kept, and to no other', async () => {
    const took = histogram('steward_took_seconds', 'Took', ['route'], [1, 10]);
    const [trace, span] = ['a'.repeat(32), 'b'.repeat(16)];
    const observe = (value: number, traceparent: string | null): boolean => observeTraced(took, { route: '/' }, value, traceparent);
    expect([observe(0.5, `00-${trace}-${span}-01`), observe(5, `00-${trace}-${span}-00`), observe(5, null)]).toEqual([true, false, false]);
    took.labels('/').observe(5);
    const { contentType, text } = await scrape();
    expect(contentType).toMatch(/^application\/openmetrics-text/);
    expect(text).toContain('# TYPE steward_took_seconds histogram');
    expect(text).toMatch(new RegExp(`^steward_took_seconds_bucket\\{le="1",route="/"\\} 1 # \\{trace_id="${trace}",span_id="${span}"\\} 0.5 [\\d.]+$`, 'm'));
    expect(text).toMatch(/^steward_took_seconds_bucket\{le="10",route="\/"\} 2$/m);
    expect(text).toMatch(/\n# EOF\n$/);
  });

  it('refuse a name that exists as another kind', () => {
    gauge('steward_thing', 'A thing');
    expect(() => counter('steward_thing', 'A thing')).toThrow(/another kind/);
  });

  it('are refreshed before a scrape, and a refresher that fails costs only itself', async () => {
    const depth = gauge('steward_depth', 'Depth');
    const gone = [beforeScrape(() => Promise.reject(new Error('no database'))), beforeScrape(() => depth.set(7))];
    expect((await scrape()).text).toContain('steward_depth 7');
    depth.set(1);
    for (const remove of gone) remove();
    expect((await scrape()).text).toContain('steward_depth 1');
  });

  it('hold the process and the event loop, however many services the process has', async () => {
    collectProcessMetrics();
    collectProcessMetrics();
    histogram('steward_wait_seconds', 'Waiting').labels().observe(0.02);
    const { text } = await scrape();
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    expect(text).toContain('steward_wait_seconds_bucket{le="0.025"} 1');
  });
});

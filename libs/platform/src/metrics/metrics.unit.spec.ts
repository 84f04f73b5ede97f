import { beforeScrape, collectProcessMetrics, counter, gauge, histogram, scrape } from './metrics';

describe('metrics', () => {
  it('are created once by name: two instances of a part share a series', async () => {
    counter('steward_tests_total', 'Tests', ['kind']).inc({ kind: 'unit' });
    counter('steward_tests_total', 'Tests', ['kind']).inc({ kind: 'unit' });
    expect((await scrape()).text).toContain('steward_tests_total{kind="unit"} 2');
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
    histogram('steward_wait_seconds', 'Waiting').observe(0.02);
    const { text } = await scrape();
    expect(text).toContain('nodejs_eventloop_lag_seconds');
    expect(text).toContain('steward_wait_seconds_bucket{le="0.025"} 1');
  });
});

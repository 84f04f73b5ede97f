import { execFileSync, spawnSync } from 'node:child_process';
import { existsSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parse } from 'yaml';
import { repository } from '../services/variables';
import { dashboardFiles } from './dashboards';
import { type Promtool, resolvePromtool } from './promtool';
import { ruleFiles } from './rules';

interface Alert {
  readonly alert?: string;
  readonly labels?: Readonly<Record<string, string>>;
  readonly annotations?: Readonly<Record<string, string>>;
}

const alerts = [...ruleFiles().values()].flatMap((text) => (parse(text) as { groups: { rules: Alert[] }[] }).groups.flatMap(({ rules }) => rules)).filter(({ alert }) => alert !== undefined);

describe('alerts', () => {
  it('each say whom they call, what is wrong, and a runbook that is there', () => {
    expect(alerts.length).toBeGreaterThan(40);
    expect(alerts.filter(({ labels, annotations }) => !labels?.['owner'] || !labels['escalation'] || !['page', 'ticket'].includes(labels['severity'] ?? '') || !annotations?.['summary'] || !annotations['description'])).toEqual([]);
    expect([...new Set(alerts.map(({ annotations }) => annotations?.['runbook'] ?? ''))].filter((path) => path === '' || !existsSync(join(repository, path)))).toEqual([]);
  });
});

const series = (name: string, labels: string, values: string) => ({ series: `${name}{${labels}}`, values });
const stock = 'entity="stock-level"';
const late = (values: string, all: string, bound = '10') => [series('steward_propagation_seconds_bucket', `${stock},le="${bound}"`, values), series('steward_propagation_seconds_count', stock, all)];
/** Who is called at that moment, as `alertname severity owner`. */
const called = (at: string, ...expected: (readonly [alert: string, severity: string, owner: string])[]) => ({
  expr: 'sum by (alertname, severity, owner) (ALERTS{alertstate="firing"})',
  eval_time: at,
  exp_samples: expected.map(([alertname, severity, owner]) => ({ labels: `{alertname="${alertname}",severity="${severity}",owner="${owner}"}`, value: 1 })),
});

describe('rules, by the real promtool', () => {
  const dir = mkdtempSync(join(tmpdir(), 'steward-rules-'));
  let promtool: Promtool;
  beforeAll(async () => {
    promtool = await resolvePromtool();
    for (const [name, text] of ruleFiles()) writeFileSync(join(dir, name), text);
  }, 300_000);
  afterAll(() => rmSync(dir, { recursive: true, force: true }));

  function path(): string {
    if (promtool.kind === 'none') throw new Error(promtool.reason);
    return promtool.path;
  }

  it('can be read', () => {
    expect(execFileSync(path(), ['check', 'rules', ...[...ruleFiles().keys()].map((name) => join(dir, name))], { encoding: 'utf8' })).toContain('SUCCESS');
  });

  it('call when a promise is broken for long, not at a blip, and when the line stands', () => {
    const late900 = [series('steward_flow_lateness_seconds', 'flow="pim.product"', '900x20'), series('steward_flow_promise_seconds', 'flow="pim.product"', '60x20')];
    const flow = (paused: 0 | 1) => [...late900, series('steward_flow_paused', 'flow="pim.product"', `${paused}x20`)];
    const losses = (values: string) => [series('steward_broker_losses_total', 'stream="PIM_STATE"', values)];
    const tests = [
      // Half of a hundred changes a minute are late, for hours.
      { input_series: late('0+50x400', '0+100x400'), promql_expr_test: [called('90m', ['StewardPromiseBroken', 'page', 'Inventory'], ['StewardPromiseBroken', 'ticket', 'Inventory'])] },
      // As Prometheus 3 names the bound; the bucket above it says nothing of the promise.
      { input_series: late('0+50x400', '0+100x400', '10.0'), promql_expr_test: [called('90m', ['StewardPromiseBroken', 'page', 'Inventory'], ['StewardPromiseBroken', 'ticket', 'Inventory'])] },
      { input_series: late('0+50x400', '0+100x400', '100'), promql_expr_test: [called('90m')] },
      // All of one minute, and none before or after.
      { input_series: late('0+100x120 12000 12100+100x60', '0+100x120 12100 12200+100x60'), promql_expr_test: [called('123m')] },
      { input_series: [series('steward_outbox_oldest_seconds', 'job="pim"', '0+60x10')], promql_expr_test: [called('1m'), called('6m', ['StewardOutboxStuck', 'page', 'Platform'])] },
      // A flow that somebody paused is not late: it waits.
      { input_series: flow(1), promql_expr_test: [called('10m')] },
      { input_series: flow(0), promql_expr_test: [called('10m', ['StewardFlowLate', 'ticket', 'Platform'])] },
      // As a process says it until the first pause: not at all.
      { input_series: late900, promql_expr_test: [called('10m', ['StewardFlowLate', 'ticket', 'Platform'])] },
      { input_series: losses('0x40'), promql_expr_test: [called('20m')] },
      { input_series: losses('0x20 1x40'), promql_expr_test: [called('22m', ['StewardBrokerLoss', 'page', 'Platform']), called('50m')] },
      { input_series: losses('_x20 1x40'), promql_expr_test: [called('22m', ['StewardBrokerLoss', 'page', 'Platform']), called('50m')] },
      // Nobody watched for an hour: an old loss does not call again, one of that hour does.
      { input_series: losses('1x40 _x60 1x40'), promql_expr_test: [called('103m')] },
      { input_series: losses('0x40 _x60 1x40'), promql_expr_test: [called('103m', ['StewardBrokerLoss', 'page', 'Platform']), called('130m')] },
    ];
    const file = join(dir, 'tests.yaml');
    writeFileSync(file, JSON.stringify({ rule_files: [...ruleFiles().keys()], evaluation_interval: '1m', tests: tests.map((each) => ({ interval: '1m', ...each })) }));
    const { status, stdout, stderr } = spawnSync(path(), ['test', 'rules', file], { encoding: 'utf8' });
    expect([status, status === 0 ? '' : stdout + stderr]).toEqual([0, '']);
  });
});

describe('dashboards', () => {
  it('have panels that ask for something, each dashboard once', () => {
    const boards = [...dashboardFiles().values()].map((text) => JSON.parse(text) as { uid: string; panels: { targets: { expr: string }[] }[] });
    expect(new Set(boards.map(({ uid }) => uid)).size).toBe(boards.length);
    expect(boards.flatMap(({ panels }) => panels).filter(({ targets }) => targets.length === 0 || targets.some(({ expr }) => expr === ''))).toEqual([]);
  });
});

/** Grafana's dashboards as data: a panel is a title, a unit and what it asks; where it lies follows from its place. */

interface Panel {
  readonly title: string;
  readonly unit: string;
  readonly asks: readonly (readonly [expr: string, legend: string])[];
}

const panel = (title: string, unit: string, ...asks: Panel['asks']): Panel => ({ title, unit, asks });

const quantile = (q: string, metric: string, by: string): string => `histogram_quantile(${q}, sum by (le, ${by}) (rate(${metric}_bucket[5m])))`;

const boards: Readonly<Record<string, { readonly title: string; readonly panels: readonly Panel[] }>> = {
  line: {
    title: 'Steward: the line',
    panels: [
      panel('From the change at its source to the read model (99 %)', 's', [quantile('0.99', 'steward_propagation_seconds', 'entity'), '{{entity}}']),
      panel('Oldest change that is not published', 's', ['max by (job) (steward_outbox_oldest_seconds)', '{{job}}']),
      panel('Changes that are not published', 'short', ['max by (job) (steward_outbox_pending)', '{{job}}']),
      panel('Messages that a consumer has not got', 'short', ['max by (consumer, stream) (steward_consumer_lag_messages)', '{{consumer}} of {{stream}}']),
      panel('Given and not acknowledged', 'short', ['max by (consumer, stream) (steward_consumer_unacknowledged_messages)', '{{consumer}} of {{stream}}']),
      panel('Messages, by what came of them', 'ops', ['sum by (consumer, outcome) (rate(steward_messages_total[1m]))', '{{consumer}} {{outcome}}']),
      panel('Items read from systems of record', 'ops', ['sum by (system, entity, outcome) (rate(steward_feed_items_total[1m]))', '{{system}} {{entity}} {{outcome}}']),
      panel('Lost by the broker', 'short', ['sum by (stream) (increase(steward_broker_losses_total[1h]))', '{{stream}}']),
    ],
  },
  promises: {
    title: 'Steward: what is promised',
    panels: [
      panel('Changes later than promised, of an hour', 'percentunit', ['steward:propagation_broken:ratio_rate1h', '{{entity}}']),
      panel('Changes later than promised, of six hours', 'percentunit', ['steward:propagation_broken:ratio_rate6h', '{{entity}}']),
      panel('How old the read model is', 's', ['max by (entity) (steward_projection_staleness_seconds)', '{{entity}}']),
      panel('How late a flow is', 's', ['max by (flow) (steward_flow_lateness_seconds)', '{{flow}}']),
      panel('Late as a share of what is promised', 'percentunit', ['max by (flow) (steward_flow_lateness_seconds) / max by (flow) (steward_flow_promise_seconds)', '{{flow}}']),
      panel('Waits in a flow', 'short', ['max by (flow) (steward_flow_held)', '{{flow}}']),
    ],
  },
  trouble: {
    title: 'Steward: trouble',
    panels: [
      panel('Open dead letters', 'short', ['sum by (owner, consumer, class) (steward_dead_letters_open)', '{{owner}}: {{consumer}} {{class}}']),
      panel('Changes held for their owner', 'short', ['sum by (entity, kind) (steward_held_changes_open)', '{{entity}} {{kind}}']),
      panel('Differences that are open', 'short', ['sum by (check) (steward_drift_open)', '{{check}}']),
      panel('What agrees', 'percentunit', ['min by (check) (steward_reconciliation_match_ratio)', '{{check}}']),
      panel('Breakers (0 closed, 1 open, 2 half-open)', 'short', ['max by (dependency) (steward_breaker_state)', '{{dependency}}']),
      panel('Retries that may still be made', 'short', ['min by (dependency) (steward_retry_budget_tokens)', '{{dependency}}']),
      panel('Calls to systems of record', 'ops', ['sum by (dependency, outcome) (rate(steward_source_calls_total[1m]))', '{{dependency}} {{outcome}}']),
      panel('Calls turned away', 'ops', ['sum by (dependency, lane) (rate(steward_shed_total[1m]))', '{{dependency}} {{lane}}']),
      panel('Paused flows', 'short', ['max by (flow) (steward_flow_paused)', '{{flow}}']),
      panel('Writes without an outcome', 'short', ['sum by (kind, state) (steward_effects_open)', '{{kind}} {{state}}']),
    ],
  },
  business: {
    title: 'Steward: the shop',
    panels: [
      panel('Orders, by the step they entered', 'ops', ['sum by (step) (rate(steward_order_steps_total[5m]))', '{{step}}']),
      panel('Orders that a person has to look at', 'short', ['sum by (case) (increase(steward_order_cases_total[1h]))', '{{case}}']),
      panel('Writes to systems of record', 'ops', ['sum by (kind, outcome) (rate(steward_effects_total[5m]))', '{{kind}} {{outcome}}']),
      panel('Reservations that changed', 'ops', ['sum(rate(steward_messages_total{entity="stock-reservation",outcome="applied"}[5m]))', 'reservations']),
      panel('Prices that changed', 'ops', ['sum(rate(steward_messages_total{entity="price",outcome="applied"}[5m]))', 'prices']),
      panel('Customers’ cases', 'short', ['sum by (kind) (increase(steward_customer_cases_total[1h]))', '{{kind}}']),
    ],
  },
  service: {
    title: 'Steward: a service',
    panels: [
      panel('Requests of the storefront', 'reqps', ['sum by (route, status) (rate(steward_http_request_seconds_count[1m]))', '{{route}} {{status}}']),
      panel('Their duration (99 %)', 's', [quantile('0.99', 'steward_http_request_seconds', 'route'), '{{route}}']),
      panel('Requests of operators', 'reqps', ['sum by (route, status) (rate(steward_operations_request_seconds_count[1m]))', '{{route}} {{status}}']),
      panel('CPU', 'percentunit', ['sum by (job) (rate(process_cpu_seconds_total[1m]))', '{{job}}']),
      panel('Memory', 'bytes', ['sum by (job) (process_resident_memory_bytes)', '{{job}}']),
      panel('Event loop, 99 %', 's', ['max by (job) (nodejs_eventloop_lag_p99_seconds)', '{{job}}']),
      panel('Connections of the database', 'short', ['sum by (database, state) (steward_database_connections)', '{{database}} {{state}}']),
    ],
  },
};

const source = { type: 'prometheus', uid: 'prometheus' };

/** `dashboards/*.json` of the chart, which Grafana reads as they are. */
export function dashboardFiles(): ReadonlyMap<string, string> {
  return new Map(Object.entries(boards).map(([name, { title, panels }]) => [`${name}.json`, `${JSON.stringify(dashboard(name, title, panels), null, 2)}\n`]));
}

function dashboard(name: string, title: string, panels: readonly Panel[]): object {
  return {
    uid: `steward-${name}`, title, tags: ['steward'], schemaVersion: 39, timezone: '', refresh: '15s', time: { from: 'now-1h', to: 'now' },
    panels: panels.map(({ title: shown, unit, asks }, index) => ({
      id: index + 1, type: 'timeseries', title: shown, datasource: source,
      gridPos: { h: 8, w: 12, x: (index % 2) * 12, y: Math.floor(index / 2) * 8 },
      fieldConfig: { defaults: { unit }, overrides: [] },
      options: { legend: { displayMode: 'list', placement: 'bottom' } },
      targets: asks.map(([expr, legendFormat], at) => ({ refId: String.fromCharCode(65 + at), datasource: source, expr, legendFormat, exemplar: expr.includes('_bucket') })),
    })),
  };
}

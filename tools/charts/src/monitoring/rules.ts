/**
 * Alerts from what the contracts promise: who is called, by which runbook, and when a promise is being broken faster than it may be.
 * A promise is kept by 99 of 100 changes in 30 days; two windows must burn at once, so that neither a blip calls anybody nor a fire goes on
 * unseen (multi-window burn rates).
 */
import { currentContracts } from '@steward/contracts';
import { stringify } from 'yaml';

type Contract = (typeof currentContracts)[number];

interface Alert {
  readonly alert: string;
  readonly expr: string;
  readonly for: string;
  readonly labels: { readonly severity: 'page' | 'ticket'; readonly owner: string; readonly escalation: string; readonly entity?: string };
  readonly annotations: { readonly summary: string; readonly description: string; readonly runbook: string };
}

interface Rule {
  readonly record: string;
  readonly expr: string;
  readonly labels?: Readonly<Record<string, string>>;
}

const BUDGET = 0.01;
const windows = ['5m', '30m', '1h', '6h'] as const;
/** Of 30 days' budget 2 % in an hour, and 5 % in six. */
const burns = [
  { severity: 'page', long: '1h', short: '5m', rate: 14.4, for: '2m' },
  { severity: 'ticket', long: '6h', short: '30m', rate: 6, for: '15m' },
] as const;

const seconds = (ms: number): string => String(ms / 1_000);
/** The tightest promise of an entity's fields: changes are counted by entity. */
const targetOf = ({ freshness }: Contract): number => Math.min(...Object.values(freshness).map(({ targetMs }) => targetMs));
const staleAfterOf = ({ freshness }: Contract): number => Math.min(...Object.values(freshness).map(({ staleAfterMs }) => staleAfterMs));

const calls = ({ owner }: Pick<Contract, 'owner'>, severity: 'page' | 'ticket'): Alert['labels'] => ({ severity, owner: owner.team, escalation: owner.escalation });

const promised = currentContracts.filter(({ kind, consumers, freshness }) => kind === 'state' && consumers.some(({ purpose }) => purpose === 'projection') && Object.keys(freshness).length > 0);

function broken(contract: Contract): Rule[] {
  // Prometheus 3 stores the bound of a whole number as `10.0`, older ones as it was written. A name for one of them would find nothing in the
  // other, and a promise that has no series is never broken.
  const bucket = `steward_propagation_seconds_bucket{entity="${contract.entity}",le=~"${seconds(targetOf(contract)).replace('.', '\\\\.')}(\\\\.0)?"}`;
  const all = `steward_propagation_seconds_count{entity="${contract.entity}"}`;
  return windows.map((window) => ({
    record: `steward:propagation_broken:ratio_rate${window}`,
    expr: `1 - sum(rate(${bucket}[${window}])) / sum(rate(${all}[${window}]))`,
    labels: { entity: contract.entity },
  }));
}

function burning(contract: Contract): Alert[] {
  const { entity, owner } = contract;
  return burns.map(({ severity, long, short, rate, for: lasting }) => ({
    alert: 'StewardPromiseBroken',
    expr: [long, short].map((window) => `steward:propagation_broken:ratio_rate${window}{entity="${entity}"} > ${String(Number((rate * BUDGET).toFixed(4)))}`).join(' and '),
    for: lasting,
    labels: { ...calls(contract, severity), entity },
    annotations: {
      summary: `{{ $value | humanizePercentage }} of the changes of ${entity} take longer than the ${seconds(targetOf(contract))} s that are promised`,
      description: `At this rate the budget of 30 days is used up in ${severity === 'page' ? 'two' : 'five'} days. \`steward flow list\` says where it waits.`,
      runbook: owner.runbook,
    },
  }));
}

/** Only what a storefront reads is said to be as old as something. */
function stale(contract: Contract): Alert[] {
  if (!contract.consumers.some(({ service, purpose }) => service === 'gateway' && purpose === 'projection')) return [];
  return [{
    alert: 'StewardReadModelStale',
    expr: `max(steward_projection_staleness_seconds{entity="${contract.entity}"}) > ${seconds(staleAfterOf(contract))}`,
    for: '2m',
    labels: { ...calls(contract, 'page'), entity: contract.entity },
    annotations: {
      summary: `The storefront shows ${contract.entity} as of {{ $value | humanizeDuration }} ago, and says that it is old`,
      description: 'The feed of the system of record stands, or its messages do not arrive. `steward doctor` names who does not answer.',
      runbook: contract.owner.runbook,
    },
  }];
}

const platform = { owner: { team: 'Platform', escalation: 'platform-on-call', contact: '', runbook: '' } };

interface LineAlert {
  readonly name: string;
  readonly severity: 'page' | 'ticket';
  readonly expr: string;
  readonly lasting: string;
  readonly runbook: string;
  readonly summary: string;
  readonly description: string;
}

/** Of the line itself, whatever runs over it. */
const lineAlerts: readonly LineAlert[] = [
  {
    name: 'StewardOutboxStuck', severity: 'page', lasting: '2m', runbook: 'docs/runbooks/broker-stream-lost.md',
    expr: 'max by (job) (steward_outbox_oldest_seconds) > 60',
    summary: '{{ $labels.job }} has changes that nobody was told of for {{ $value | humanizeDuration }}',
    description: "The relay doesn't publish what the service has committed. The broker is unreachable, refuses it, or nobody holds the lease.",
  },
  {
    name: 'StewardConsumerBehind', severity: 'ticket', lasting: '10m', runbook: 'docs/how-to/operate.md',
    expr: 'max by (consumer, stream) (steward_consumer_lag_messages) > 10000',
    summary: '{{ $labels.consumer }} is {{ $value }} messages behind in {{ $labels.stream }}',
    description: 'It takes longer to work off than to arrive. More replicas help where the database has room.',
  },
  {
    // A flow that was never paused has no series of pauses: there may be nothing that says 0.
    name: 'StewardFlowLate', severity: 'ticket', lasting: '5m', runbook: 'docs/how-to/operate.md',
    expr: 'max by (flow) (steward_flow_lateness_seconds) > max by (flow) (steward_flow_promise_seconds) unless on (flow) max by (flow) (steward_flow_paused) == 1',
    summary: '{{ $labels.flow }} is {{ $value | humanizeDuration }} behind, more than its contract promises',
    description: '`steward flow list` says what waits; `steward doctor` whether its system of record answers.',
  },
  {
    name: 'StewardFlowPaused', severity: 'ticket', lasting: '4h', runbook: 'docs/how-to/operate.md',
    expr: 'max by (flow) (steward_flow_paused) == 1',
    summary: '{{ $labels.flow }} has been paused for hours',
    description: '`steward flow list` says who paused it and why.',
  },
  {
    name: 'StewardBreakerOpen', severity: 'ticket', lasting: '5m', runbook: 'docs/runbooks/adapter-credentials-expired.md',
    expr: 'max by (dependency) (steward_breaker_state) == 1',
    summary: '{{ $labels.dependency }} has not been answering',
    description: 'Calls are turned away until one probe succeeds. Expired credentials look like this too.',
  },
  {
    name: 'StewardDeadLettersOpen', severity: 'ticket', lasting: '15m', runbook: 'docs/runbooks/dead-letter.md',
    expr: 'sum by (owner, consumer, class) (steward_dead_letters_open) > 0',
    summary: '{{ $labels.owner }} owns {{ $value }} open dead letters of {{ $labels.consumer }} ({{ $labels.class }})',
    description: 'Each is a change that its reader does not have. `steward dlq list` shows them by their causes.',
  },
  {
    name: 'StewardHeldChanges', severity: 'ticket', lasting: '15m', runbook: 'docs/runbooks/mass-price-anomaly-held.md',
    expr: 'sum by (entity) (steward_held_changes_open) > 0',
    summary: '{{ $value }} suspicious changes of {{ $labels.entity }} wait for their owner',
    description: '`steward case list --kind held-change` shows them with what was and would become.',
  },
  {
    // A loss that is found by a process that has just begun is its first sample, and no increase. What was there before is asked of a whole day:
    // whoever watches may have been away too, and must neither miss the loss of that time nor call for an old one again.
    name: 'StewardBrokerLoss', severity: 'page', lasting: '0m', runbook: 'docs/runbooks/broker-stream-lost.md',
    expr: 'increase(steward_broker_losses_total[15m]) > 0 or steward_broker_losses_total > (max_over_time(steward_broker_losses_total[1d] offset 15m) or steward_broker_losses_total * 0)',
    summary: 'The broker has lost what it had acknowledged in {{ $labels.stream }}',
    description: 'Owners announce again what was lost, by themselves. Why the broker lost it is for a person to find out.',
  },
  {
    name: 'StewardDrift', severity: 'ticket', lasting: '30m', runbook: 'docs/how-to/reconcile.md',
    expr: 'sum by (check) (steward_drift_open) > 0',
    summary: '{{ $labels.check }} finds {{ $value }} differences that were not repaired',
    description: '`steward recon drift` shows both sides and the cause.',
  },
  {
    name: 'StewardSpansLost', severity: 'ticket', lasting: '1h', runbook: 'docs/how-to/see-a-trace.md',
    expr: 'sum by (job) (rate(steward_spans_total{outcome!="sent"}[15m])) > 0',
    summary: '{{ $labels.job }} loses {{ $value | humanize }} spans a second',
    description: 'The collector is away or slow, or the queue is too small for the load. Traces have holes; nothing else suffers.',
  },
  {
    name: 'StewardEffectsUnknown', severity: 'page', lasting: '15m', runbook: 'docs/runbooks/order-stuck-unknown.md',
    expr: 'sum by (kind) (steward_effects_open{state="unknown"}) > 0',
    summary: '{{ $value }} writes ({{ $labels.kind }}) whose outcome nobody knows',
    description: 'They are read back by their natural key before anything is tried again.',
  },
];

const toAlert = ({ name, severity, expr, lasting, runbook, summary, description }: LineAlert): Alert => ({
  alert: name, expr, for: lasting, labels: calls(platform, severity), annotations: { summary, description, runbook },
});

/** `rules/*.yaml` of the chart, which Prometheus reads as they are. */
export function ruleFiles(): ReadonlyMap<string, string> {
  const head = '# Generated by `npm run charts` from contracts/. A file of Prometheus as it is: compose.yaml and the chart read the same.\n';
  const file = (name: string, rules: readonly (Alert | Rule)[]): string => head + stringify({ groups: [{ name, rules }] }, { lineWidth: 0 });
  return new Map([
    ['line.yaml', file('steward-line', lineAlerts.map(toAlert))],
    ['promises.yaml', file('steward-promises', promised.flatMap((contract) => [...broken(contract), ...burning(contract), ...stale(contract)]))],
  ]);
}

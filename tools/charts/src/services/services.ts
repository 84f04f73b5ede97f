// What Kubernetes has to know of each service and the code doesn't say: ports, flows, sizes. Variables, secrets and durables are
// read from the code, so they can't be forgotten here.
import { durables } from '@steward/contracts';
import { adapterVariables, exportedVariables, type Variables } from './variables';

export type EgressName = 'dns' | 'database' | 'broker' | 'telemetry' | 'systemOfRecord' | 'paymentProvider' | 'identityProvider' | 'shopSystems' | 'promiseKeys' | 'storefront' | 'subscribers';
export type IngressName = 'metrics' | 'webhooks' | 'storefront' | 'promiseKeys' | 'comparison' | 'operators' | 'connectors';

export interface Service {
  readonly name: string;
  /** Folder below apps/, and the image. */
  readonly app: string;
  readonly main: string;
  readonly about: string;
  readonly variables: () => Variables;
  readonly ports: Readonly<Record<string, number>>;
  /** Variables that the chart decides. */
  readonly managed: Readonly<Record<string, string>>;
  readonly probes: { readonly startup: string; readonly liveness: string; readonly readiness: string };
  /** What may be reached from outside the cluster. */
  readonly public?: { readonly path: string; readonly port: string };
  readonly egress: readonly EgressName[];
  readonly ingress: readonly IngressName[];
  readonly migrates: boolean;
  readonly metrics: boolean;
  /** A writable folder. */
  readonly scratch?: string;
  readonly replicas: number;
  readonly scales: 'cpu' | 'lag' | 'no';
  readonly resources: { readonly cpu: string; readonly memory: string; readonly memoryLimit: string };
}

const common = {
  main: 'main.js',
  ports: { http: 4300 },
  managed: { STEWARD_HEALTH_HOST: '0.0.0.0', STEWARD_HEALTH_PORT: '4300' },
  probes: { startup: '/startupz', liveness: '/livez', readiness: '/readyz' },
  migrates: true,
  metrics: true,
  ingress: ['metrics'],
  // One works and one waits to take over its lease.
  replicas: 2,
  scales: 'no',
  resources: { cpu: '100m', memory: '192Mi', memoryLimit: '512Mi' },
} as const;

const inside = ['dns', 'database', 'broker', 'telemetry'] as const;

function adapter(name: string, about: string, more: Partial<Service> = {}): Service {
  return {
    ...common,
    name,
    app: name,
    about,
    variables: () => adapterVariables(name),
    egress: [...inside, 'systemOfRecord'],
    ingress: ['metrics', 'webhooks'],
    public: { path: '/webhooks', port: 'http' },
    scales: durablesOf(name).length > 0 ? 'lag' : 'no',
    ...more,
  };
}

/** In the order of the straight line, what watches over it last. */
export const services: readonly Service[] = [
  adapter('pim', 'Adapter of the PIM: products and categories'),
  adapter('erp', 'Adapter of the ERP: stock, reservations, sales and shipments'),
  adapter('crm', 'Adapter of the CRM: customers and segments'),
  adapter('oms', 'Orders: the saga, the OMS and the payment provider', { egress: [...inside, 'systemOfRecord', 'paymentProvider', 'promiseKeys'] }),
  adapter('pricing', 'Adapter of the pricing system: price lists and promotions'),
  {
    ...common,
    name: 'gateway-projector',
    app: 'gateway',
    main: 'main-projector.js',
    about: 'The gateway’s read model: durables in, documents out',
    variables: () => exportedVariables('gateway', 'projector.env', 'projectorEnv'),
    egress: [...inside, 'shopSystems'],
    scales: 'lag',
    resources: { cpu: '250m', memory: '256Mi', memoryLimit: '768Mi' },
  },
  {
    ...common,
    name: 'gateway-api',
    app: 'gateway',
    main: 'main-api.js',
    about: 'The gateway’s API: what storefronts call',
    variables: () => exportedVariables('gateway', 'env', 'apiEnv'),
    ports: { http: 4300, storefront: 4000 },
    managed: { ...common.managed, STEWARD_GATEWAY_HOST: '0.0.0.0', STEWARD_GATEWAY_PORT: '4000' },
    public: { path: '/', port: 'storefront' },
    // No broker: what it accepts lies in its database, and it goes on answering with everything else gone.
    egress: ['dns', 'database', 'telemetry', 'identityProvider'],
    ingress: ['metrics', 'storefront', 'promiseKeys', 'comparison'],
    scales: 'cpu',
    resources: { cpu: '500m', memory: '512Mi', memoryLimit: '1Gi' },
  },
  {
    ...common,
    name: 'operations',
    app: 'operations',
    about: 'Provisioner of the broker, and the desk for what fails',
    variables: () => exportedVariables('operations', 'operations.env', 'operationsEnv'),
    ports: { http: 4300, desk: 4310 },
    managed: { ...common.managed, STEWARD_OPERATIONS_HOST: '0.0.0.0', STEWARD_OPERATIONS_PORT: '4310' },
    public: { path: '/', port: 'desk' },
    egress: [...inside, 'identityProvider'],
    ingress: ['metrics', 'operators'],
    replicas: 1,
  },
  {
    ...common,
    name: 'reconciliation',
    app: 'reconciliation',
    about: 'Compares the ends of every arrow',
    variables: () => exportedVariables('reconciliation', 'reconciliation.env', 'reconciliationEnv'),
    egress: [...inside, 'storefront'],
    scales: 'lag',
    replicas: 1,
  },
  {
    ...common,
    name: 'sandbox',
    app: 'sandbox',
    about: 'Stand-in systems of record, for demos only',
    variables: () => exportedVariables('sandbox', 'env', 'sandboxShape'),
    ports: { http: 4200 },
    managed: { STEWARD_SANDBOX_HOST: '0.0.0.0', STEWARD_SANDBOX_PORT: '4200', STEWARD_SANDBOX_DATA: '/data' },
    probes: { startup: '/livez', liveness: '/livez', readiness: '/livez' },
    egress: ['dns', 'subscribers'],
    ingress: ['connectors'],
    migrates: false,
    metrics: false,
    scratch: '/data',
    replicas: 1,
  },
];

export function durablesOf(service: string): { readonly stream: string; readonly name: string }[] {
  const owner = service === 'gateway-projector' ? 'gateway' : service;
  return service === 'gateway-api' ? [] : durables.filter((each) => each.service === owner).map(({ stream, name }) => ({ stream, name }));
}

/** No chart offers these: faults are for tests, and the migration is the hook's. Those in the second list are set by other values. */
export const withheld = ['STEWARD_DESCRIBE_ONLY', 'STEWARD_FAULTS', 'STEWARD_MIGRATE_ONLY', 'STEWARD_VERSION'] as const;
export const setElsewhere = ['STEWARD_CONNECTOR', 'STEWARD_GATEWAY_DOCUMENTS'] as const;

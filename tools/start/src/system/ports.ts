import { freePorts } from '@steward/servers';

export const processNames = ['gateway-api', 'gateway-projector', 'pim', 'erp', 'crm', 'oms', 'pricing', 'operations', 'reconciliation', 'sandbox', 'nats-server', 'postgres'] as const;
export type ProcessName = (typeof processNames)[number];

/** The nodes of the broker; only the first runs where it is no cluster. */
export const brokerNodes = ['nats-server', 'nats-server-2', 'nats-server-3'] as const;
export type BrokerNode = (typeof brokerNodes)[number];
export const routeOf = (node: BrokerNode) => `${node}-route` as const;

/** One port a process, those of the storefront and of the desk of operations, and those over which the nodes of the broker speak with each other. */
export type Ports = Readonly<Record<ProcessName | BrokerNode | ReturnType<typeof routeOf> | 'gateway' | 'desk', number>>;

const FIRST = 4000;
const defaults: Ports = {
  gateway: FIRST,
  sandbox: 4200,
  pim: 4301,
  erp: 4302,
  'gateway-projector': 4303,
  operations: 4304,
  'gateway-api': 4305,
  pricing: 4306,
  crm: 4307,
  oms: 4308,
  reconciliation: 4309,
  desk: 4310,
  'nats-server': 4322,
  'nats-server-2': 4323,
  'nats-server-3': 4324,
  'nats-server-route': 4325,
  'nats-server-2-route': 4326,
  'nats-server-3-route': 4327,
  postgres: 4332,
};

const entries = Object.entries(defaults) as [keyof Ports, number][];

/** The fixed ports, moved as a block so that the gateway gets `base`. */
export const portsFrom = (base: number = FIRST): Ports =>
  Object.fromEntries(entries.map(([name, port]) => [name, port - FIRST + base])) as Record<keyof Ports, number>;

/** The highest base that keeps every port of the block valid. */
export const HIGHEST_BASE = 65_535 - (Math.max(...entries.map(([, port]) => port)) - FIRST);

export async function freePortPlan(): Promise<Ports> {
  const ports = await freePorts(entries.length);
  return Object.fromEntries(entries.map(([name], index) => [name, ports[index]])) as Record<keyof Ports, number>;
}

// What each service is started with: exactly the variables it knows, since it refuses unknown ones by name.
import { join } from 'node:path';
import { PROVISIONER } from '@steward/contracts';
import { auditOwner, databaseOf, type DatabaseOwner } from './databases';
import type { BrokerNode, Ports, ProcessName } from './ports';
import { promiseKeys } from './promise-keys';
import type { Secrets } from './secrets';

export type ServiceName = Exclude<ProcessName, 'nats-server' | 'postgres'>;

export interface Service {
  readonly name: ServiceName;
  /** Below the repository. */
  readonly entry: string;
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
}

export interface Surroundings {
  readonly ports: Ports;
  readonly secrets: Secrets;
  readonly dataDir: string;
  readonly mode: 'development' | 'test';
  /** Of the broker that run. */
  readonly nodes: readonly BrokerNode[];
}

/** Whom the tokens of operators are made for. */
export const OPERATORS = 'operations';

/** Adapters of `npm start`: each has its stand-in system in the sandbox. */
export const adapters = ['pim', 'erp', 'crm', 'oms', 'pricing'] as const;
export type AdapterName = (typeof adapters)[number];
const readers = ['pim', 'erp', 'crm', 'pricing'] as const;

export const natsUser = (user: string): string => `nats:${user}`;
export const databaseRole = (role: DatabaseOwner | typeof auditOwner): string => `postgres:${role}`;
const local = (port: number): string => `http://127.0.0.1:${port}`;

export const natsUrl = ({ ports, secrets, nodes }: Surroundings, user: string): string =>
  nodes.map((node) => `nats://${user}:${secrets(natsUser(user))}@127.0.0.1:${ports[node]}`).join(',');

export const databaseUrl = (around: Surroundings, owner: DatabaseOwner): string => urlAs(around, owner, owner);

const urlAs = ({ ports, secrets }: Surroundings, role: DatabaseOwner | typeof auditOwner, owner: DatabaseOwner): string =>
  `postgres://${role}:${secrets(databaseRole(role))}@127.0.0.1:${ports.postgres}/${databaseOf(owner)}`;

/** In the order of the straight line, the provisioner first: without streams nobody else becomes ready. */
export function servicesOf(around: Surroundings): Service[] {
  const { ports, secrets } = around;
  const service = (name: ServiceName, owner: DatabaseOwner, entry: string, env: Record<string, string> = {}): Service => ({
    name,
    entry,
    url: local(ports[name]),
    env: {
      DATABASE_URL: databaseUrl(around, owner),
      NATS_URL: natsUrl(around, owner),
      STEWARD_HEALTH_PORT: String(ports[name]),
      STEWARD_MODE: around.mode,
      ...env,
    },
  });
  const adapter = (name: AdapterName, env: Record<string, string>): Service =>
    service(name, name, `apps/${name}/dist/main.js`, {
      STEWARD_CONNECTOR: 'sandbox',
      STEWARD_SANDBOX_URL: local(ports.sandbox),
      STEWARD_SANDBOX_TOKEN: secrets('sandbox token'),
      ...env,
    });
  // Those that read a system are told of its changes.
  const reading = (name: AdapterName): Service => adapter(name, { STEWARD_SANDBOX_WEBHOOK_SECRET: secrets('sandbox webhooks') });
  // One issuer of tokens, and an audience a door: a shopper's token opens nothing at the desk.
  const issuer = (audience: string): Record<string, string> => ({
    STEWARD_AUTH_ISSUER: `${local(ports.sandbox)}/identity`,
    STEWARD_AUTH_AUDIENCE: audience,
    STEWARD_AUTH_JWKS_URL: `${local(ports.sandbox)}/identity/jwks.json`,
  });
  const keys = promiseKeys(secrets('price promises'));
  const subscribers = [...readers.map((name) => `${name}=${local(ports[name])}/webhooks/sandbox`), `psp=${local(ports.oms)}/webhooks/stripe`];
  return [
    service('operations', 'operations', 'apps/operations/dist/main.js', {
      NATS_PROVISIONER_URL: natsUrl(around, PROVISIONER),
      NATS_SYSTEM_URL: natsUrl(around, 'system'),
      STEWARD_AUDIT_OWNER_URL: urlAs(around, auditOwner, 'operations'),
      STEWARD_OPERATIONS_PORT: String(ports.desk),
      ...issuer(OPERATORS),
      STEWARD_STREAM_REPLICAS: String(around.nodes.length),
    }),
    {
      name: 'sandbox',
      entry: 'apps/sandbox/dist/main.js',
      url: local(ports.sandbox),
      env: {
        STEWARD_SANDBOX_PORT: String(ports.sandbox),
        STEWARD_SANDBOX_DATA: join(around.dataDir, 'sandbox'),
        STEWARD_SANDBOX_TOKEN: secrets('sandbox token'),
        STEWARD_SANDBOX_WEBHOOK_SECRET: secrets('sandbox webhooks'),
        STEWARD_SANDBOX_WEBHOOKS: subscribers.join(','),
      },
    },
    ...readers.map(reading),
    adapter('oms', {
      STEWARD_PROMISE_JWKS: keys.verifying,
      STEWARD_PSP_URL: local(ports.sandbox),
      STEWARD_PSP_SECRET_KEY: secrets('sandbox token'),
      STEWARD_PSP_WEBHOOK_SECRET: secrets('sandbox webhooks'),
      STEWARD_PSP_SETTLE_MS: '2000', // the sandbox's search shows a payment as soon as it has it
    }),
    service('reconciliation', 'reconciliation', 'apps/reconciliation/dist/main.js', { STEWARD_GATEWAY_URL: local(ports.gateway) }),
    service('gateway-projector', 'gateway', 'apps/gateway/dist/main-projector.js'),
    service('gateway-api', 'gateway', 'apps/gateway/dist/main-api.js', {
      STEWARD_GATEWAY_PORT: String(ports.gateway),
      STEWARD_GATEWAY_HOST: '127.0.0.1',
      STEWARD_GATEWAY_RATE_LIMIT: '1000000', // one machine is all of its clients
      STEWARD_GATEWAY_CHECKOUT_RATE_LIMIT: '1000000',
      STEWARD_GATEWAY_SHIPPING: 'eu:standard:490,us:standard:790',
      STEWARD_PROMISE_KEYS: keys.signing,
      ...issuer('storefront'),
    }),
  ];
}

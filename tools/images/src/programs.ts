// What runs of each image, with what Steward's servers on this machine are reached by.
import { readdirSync } from 'node:fs';
import { join } from 'node:path';
import type { DatabaseOwner, ServiceName, System } from '@steward/start';

export interface Program {
  readonly name: ServiceName;
  /** Folder below apps/, and the image. */
  readonly app: string;
  readonly main?: string;
  readonly url: string;
  readonly env: Readonly<Record<string, string>>;
  readonly ready: '/readyz' | '/livez';
}

const secret = 'only-for-this-trial';
const local = (port: number): string => `http://127.0.0.1:${String(port)}`;

/** Every folder below apps/ is an image. */
export const apps = (repository: string): string[] => readdirSync(join(repository, 'apps'), { withFileTypes: true }).filter((each) => each.isDirectory()).map(({ name }) => name).toSorted();

/** In the order of their start: without streams nobody is ready. */
export function programsOf({ ports, ...system }: System): Program[] {
  const sandboxUrl = local(ports.sandbox);
  const program = (name: ServiceName, owner: DatabaseOwner, more: { app?: string; main?: string; env?: Record<string, string> } = {}): Program => ({
    name,
    app: more.app ?? name,
    ...(more.main === undefined ? {} : { main: more.main }),
    url: local(ports[name]),
    ready: '/readyz',
    env: { STEWARD_MODE: 'development', DATABASE_URL: system.databaseUrl(owner), STEWARD_HEALTH_PORT: String(ports[name]), ...(name === 'gateway-api' ? {} : { NATS_URL: system.natsUrl(owner) }), ...more.env },
  });
  const sandboxed = { STEWARD_CONNECTOR: 'sandbox', STEWARD_SANDBOX_URL: sandboxUrl, STEWARD_SANDBOX_TOKEN: secret };
  const reading = { ...sandboxed, STEWARD_SANDBOX_WEBHOOK_SECRET: secret };
  const issuer = (audience: string) => ({ STEWARD_AUTH_ISSUER: `${sandboxUrl}/identity`, STEWARD_AUTH_AUDIENCE: audience, STEWARD_AUTH_JWKS_URL: `${sandboxUrl}/identity/jwks.json` });
  return [
    program('operations', 'operations', { env: { NATS_PROVISIONER_URL: system.natsUrl('provisioner'), NATS_SYSTEM_URL: system.natsUrl('system'), STEWARD_OPERATIONS_PORT: String(ports.desk), ...issuer('operations') } }),
    { name: 'sandbox', app: 'sandbox', url: sandboxUrl, ready: '/livez', env: { STEWARD_SANDBOX_PORT: String(ports.sandbox), STEWARD_SANDBOX_TOKEN: secret, STEWARD_SANDBOX_WEBHOOK_SECRET: secret } },
    program('pim', 'pim', { env: reading }),
    program('erp', 'erp', { env: reading }),
    program('crm', 'crm', { env: reading }),
    program('pricing', 'pricing', { env: reading }),
    program('gateway-projector', 'gateway', { app: 'gateway', main: 'apps/gateway/dist/main-projector.js' }),
    program('gateway-api', 'gateway', { app: 'gateway', main: 'apps/gateway/dist/main-api.js', env: { STEWARD_GATEWAY_PORT: String(ports.gateway), STEWARD_GATEWAY_HOST: '127.0.0.1', STEWARD_GATEWAY_RATE_LIMIT: '0', ...issuer('storefront') } }),
    program('oms', 'oms', { env: { ...sandboxed, STEWARD_PROMISE_JWKS_URL: `${local(ports.gateway)}/.well-known/jwks.json`, STEWARD_PSP_URL: sandboxUrl, STEWARD_PSP_SECRET_KEY: secret, STEWARD_PSP_WEBHOOK_SECRET: secret } }),
    program('reconciliation', 'reconciliation', { env: { STEWARD_GATEWAY_URL: local(ports.gateway) } }),
  ];
}

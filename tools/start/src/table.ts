import type { System } from './system/system';

const width = 22;
const row = (name: string, value: string): string => `  ${name.padEnd(width)}${value}`;

/** What a newcomer needs after the start: where everything is, and what to do first. */
export function addressTable(system: System, { sku, stockId }: { sku: string; stockId: string }): string {
  const { gatewayUrl, sandbox, ports, processes } = system;
  const health = (['pim', 'erp', 'gateway-projector', 'operations', 'gateway-api'] as const).map((name) =>
    row(name, `http://127.0.0.1:${ports[name]}/readyz   process ${processes[name]?.pid ?? '-'}`),
  );
  const record = `${sandbox.url}/_control/erp/stock/${encodeURIComponent(stockId)}`;
  return [
    '',
    'Storefront',
    row('REST', `${gatewayUrl}/v1/products`),
    row('GraphQL', `${gatewayUrl}/graphql`),
    'Systems of record (stand-ins)',
    row('sandbox', `${sandbox.url}/_control`),
    'Services (also /livez, /startupz, /metrics)',
    ...health,
    'Servers',
    row('PostgreSQL', `127.0.0.1:${ports.postgres}   passwords in ${system.dataDir}/secrets.json`),
    row('nats-server', `127.0.0.1:${ports['nats-server']}   version ${system.natsVersion}`),
    row('data', system.dataDir),
    ...(system.postgresFolder.startsWith(system.dataDir) ? [] : [row('PostgreSQL data', `${system.postgresFolder} (it runs as nobody, who can't enter the folder above)`)]),
    row('logs', `${system.dataDir}/logs`),
    '',
    'Try next',
    `  curl -s ${gatewayUrl}/v1/products/${encodeURIComponent(sku)}`,
    `  curl -s '${record}'                 # the same in the ERP: PUT it back with another quantity,`,
    '                                       # and read the storefront again',
    `  kill -9 ${processes.pim?.pid ?? '<pid of pim>'}                       # any service: it comes back and nothing is lost`,
    '',
    'Ctrl-C stops everything; the next npm start goes on with the data.',
    '',
  ].join('\n');
}

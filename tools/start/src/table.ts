import type { SandboxRecord } from './clients/sandbox.client';
import { brokerNodes } from './system/ports';
import { OPERATORS } from './system/services';
import type { System } from './system/system';

const width = 22;
const row = (name: string, value: string): string => `  ${name.padEnd(width)}${value}`;

/** What a newcomer needs after the start: where everything is, and what to do first. */
export function addressTable(system: System, stock: SandboxRecord): string {
  const { gatewayUrl, operationsUrl, sandbox, ports, processes } = system;
  const health = (['pim', 'erp', 'crm', 'oms', 'pricing', 'gateway-projector', 'operations', 'reconciliation', 'gateway-api'] as const).map((name) =>
    row(name, `http://127.0.0.1:${ports[name]}/readyz   process ${processes[name]?.pid ?? '-'}`),
  );
  const read = `curl -s ${gatewayUrl}/v1/products/${encodeURIComponent(String(stock['item']))}`;
  const record = `${sandbox.url}/_control/erp/stock/${encodeURIComponent(stock.id)}`;
  const { id, item, warehouse } = stock;
  return [
    '',
    'Storefront',
    row('REST', `${gatewayUrl}/v1/products   documented at ${gatewayUrl}/docs`),
    row('GraphQL', `${gatewayUrl}/graphql   to try at ${gatewayUrl}/graphiql`),
    'Operations',
    row('API', `${operationsUrl}/ops/v1/docs`),
    'Systems of record (stand-ins)',
    row('sandbox', `${sandbox.url}/_control`),
    'Services (also /livez, /startupz, /metrics)',
    ...health,
    'Servers',
    row('PostgreSQL', `127.0.0.1:${ports.postgres}   passwords in ${system.dataDir}/secrets.json`),
    row('nats-server', `${brokerNodes.filter((node) => processes[node]).map((node) => `127.0.0.1:${ports[node]}`).join(' ')}   version ${system.natsVersion}`),
    row('data', system.dataDir),
    ...(system.postgresFolder.startsWith(system.dataDir) ? [] : [row('PostgreSQL data', `${system.postgresFolder} (it runs as nobody, who can't enter the folder above)`)]),
    row('logs', `${system.dataDir}/logs`),
    '',
    'Try next',
    '  read a product, change its stock in the ERP, read it again:',
    `    ${read}`,
    `    curl -s -X PUT '${record}' -H 'content-type: application/json' -d '${JSON.stringify({ id, item, warehouse, quantity: 4711 })}'`,
    `    ${read}`,
    '  kill a service: it is started again, and no change is lost:',
    `    kill -9 ${processes.pim?.pid ?? '<pid of pim>'}`,
    '  see what needs attention, as an operator:',
    `    export STEWARD_OPERATIONS_URL=${operationsUrl} STEWARD_TOKEN=$(curl -s ${sandbox.url}/_control/identity/token -H 'content-type: application/json' -d '{"sub":"me","audience":"${OPERATORS}","roles":["admin:*"]}' | sed 's/.*"token":"\\([^"]*\\)".*/\\1/')`,
    '    npx steward status',
    '',
    'Ctrl-C stops everything; the next npm start continues with the same data.',
    '',
  ].join('\n');
}

// Asks for a rebuild of the read model (docs/how-to/rebuild-a-read-model.md); the projector does it.
import { contracts } from '@steward/contracts';
import { requestRebuild } from '@steward/event-bus';
import { createLogger, loadEnv, openDatabase, StewardError } from '@steward/platform';
import { parseArgs } from 'node:util';
import { projectorEnv } from './projector.env';

const ofGateway = contracts.filter(({ kind, consumers }) => kind === 'state' && consumers.some(({ service }) => service === 'gateway'));
const usage = `node apps/gateway/dist/main-rebuild.js <entity>… --actor <who> --reason <why>
  entities: ${ofGateway.map(({ entity }) => entity).join(', ')}
  in the environment of the projector`;

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { actor: { type: 'string', default: '' }, reason: { type: 'string', default: '' } } });
  const wanted = positionals.map((name) => ofGateway.find(({ entity }) => entity === name));
  if (wanted.length === 0 || wanted.includes(undefined) || values.actor === '' || values.reason === '') throw new TypeError(usage);
  const { DATABASE_URL } = loadEnv(projectorEnv);
  // No migrations: the schema is the projector's to bring up to date.
  const database = await openDatabase({ url: DATABASE_URL, name: 'gateway-rebuild', migrations: [], logger: createLogger({ service: 'gateway-rebuild', level: 'warn' }) });
  try {
    for (const contract of wanted.filter((each) => each !== undefined)) {
      const from = contract.consumers.flatMap((consumer) => (consumer.service === 'gateway' ? consumer.from : []));
      const systems = await requestRebuild(database, contract, { actor: values.actor, reason: values.reason }, from);
      process.stdout.write(`${contract.entity}: ${systems.length > 0 ? `asked for, from ${systems.join(', ')}` : 'is being rebuilt already'}\n`);
    }
  } finally {
    await database.close();
  }
}

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof TypeError || error instanceof StewardError ? error.message : String(error)}\n`);
  process.exitCode = error instanceof TypeError ? 64 : 1;
});

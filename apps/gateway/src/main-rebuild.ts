// Asks for a rebuild of the read model (docs/how-to/rebuild-a-read-model.md); the projector does it.
import { currentContracts } from '@steward/contracts';
import { beginBeside, cancelBeside, requestRebuild, standingBeside, wishSwap } from '@steward/event-bus';
import { createLogger, type Database, loadEnv, openDatabase, StewardError } from '@steward/platform';
import { parseArgs } from 'node:util';
import { catalogueSources } from './projector/catalogue-model';
import { projectorEnv } from './projector.env';

const ofGateway = currentContracts.filter(({ kind, consumers }) => kind === 'state' && consumers.some(({ service }) => service === 'gateway'));
const usage = `node apps/gateway/dist/main-rebuild.js <entity>… --actor <who> --reason <why>
       node apps/gateway/dist/main-rebuild.js --beside begin|swap|cancel --actor <who> --reason <why>
       node apps/gateway/dist/main-rebuild.js --beside status
  entities: ${ofGateway.map(({ entity }) => entity).join(', ')}
  in the environment of the projector`;

/** What the door does, for when operations is not there. */
const besideActs: Readonly<Record<string, (database: Database, act: { actor: string; reason: string }) => Promise<boolean>>> = {
  begin: (database, act) => beginBeside(database, catalogueSources, act), swap: wishSwap, cancel: cancelBeside, status: async () => true,
};

async function main(): Promise<void> {
  const options = { actor: { type: 'string', default: '' }, reason: { type: 'string', default: '' }, beside: { type: 'string', default: '' } } as const;
  const { positionals, values } = parseArgs({ allowPositionals: true, options });
  const wanted = positionals.map((name) => ofGateway.find(({ entity }) => entity === name));
  const signed = values.actor !== '' && values.reason !== '';
  const beside = besideActs[values.beside];
  const isBeside = beside !== undefined && wanted.length === 0 && (signed || values.beside === 'status');
  const isInPlace = values.beside === '' && wanted.length > 0 && !wanted.includes(undefined) && signed;
  if (!isBeside && !isInPlace) throw new TypeError(usage);
  const { DATABASE_URL } = loadEnv(projectorEnv);
  // No migrations: the schema is the projector's to bring up to date.
  const database = await openDatabase({ url: DATABASE_URL, name: 'gateway-rebuild', migrations: [], logger: createLogger({ service: 'gateway-rebuild', level: 'warn' }) });
  try {
    if (isBeside) {
      const done = await beside(database, { actor: values.actor, reason: values.reason });
      const standing = JSON.stringify(await standingBeside(database), null, 2);
      process.stdout.write(`${done ? '' : `nothing was there to ${values.beside}, or it is under way already\n`}${standing}\n`);
      if (!done) process.exitCode = 1;
    }
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

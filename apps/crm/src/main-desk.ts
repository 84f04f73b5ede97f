// The Customers team's desk in a terminal (docs/how-to/customers.md); what it asks for the service does.
import { text } from 'node:stream/consumers';
import { parseArgs } from 'node:util';
import { createLogger, type Database, loadEnv, openDatabase, senderEnv, serviceEnv, StewardError } from '@steward/platform';
import { closeCase, listCases } from './cases/customer-case.store';
import { crm } from './crm.adapter';
import { eraseAgain, eraseList, withdrawErasure } from './erasure/erasure-desk';

const usage = `node apps/crm/dist/main-desk.js <act>, in the environment of the service
  cases                                               what waits for a decision
  close <case> --actor <who> --reason <why>
  erase-list                                          ids, one a line: keep it outside of all backups
  replay --actor <who> --reason <why> < <erase list>  after a restore of the CRM or of this database
  erase <customer id>… --actor <who> --reason <why>   once more, for instance when the CRM no longer refuses
  withdraw <customer id> --actor <who> --reason <why> an erasure that the CRM has refused and that must not be`;

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main(): Promise<void> {
  const { positionals, values } = parseArgs({ allowPositionals: true, options: { actor: { type: 'string', default: '' }, reason: { type: 'string', default: '' } } });
  const [act = '', ...ids] = positionals;
  const needsIds = ['close', 'erase', 'withdraw'].includes(act);
  const reads = ['cases', 'erase-list'].includes(act);
  if ((!needsIds && !reads && act !== 'replay') || needsIds !== ids.length > 0 || (!reads && (values.actor === '' || values.reason === ''))) throw new TypeError(usage);
  const { DATABASE_URL } = loadEnv({ DATABASE_URL: serviceEnv.DATABASE_URL }, undefined, othersOfTheService());
  // No migrations: the schema is the service's to bring up to date.
  const database = await openDatabase({ url: DATABASE_URL, name: 'crm-desk', migrations: [], logger: createLogger({ service: 'crm-desk', level: 'warn' }) });
  try {
    await doIt(database, act, ids, values);
  } finally {
    await database.close();
  }
}

async function doIt(database: Database, act: string, ids: readonly string[], by: { readonly actor: string; readonly reason: string }): Promise<void> {
  const [first = ''] = ids;
  if (act === 'cases') for (const { id, kind, customerId, other, detail, openedAt } of await listCases(database)) say([id, kind, customerId, other, openedAt.toISOString(), detail].join('\t'));
  if (act === 'close') say((await closeCase(database, first, by)) ? 'closed' : 'there is no open case of this id');
  if (act === 'erase-list') for (const id of await eraseList(database)) say(id);
  if (act === 'withdraw') {
    await withdrawErasure(database, first, by);
    say('withdrawn');
  }
  if (act === 'erase' || act === 'replay') {
    const wanted = act === 'erase' ? ids : (await text(process.stdin)).split('\n').map((line) => line.trim()).filter((line) => line !== '');
    await eraseAgain(database, wanted, act, by);
    say(`${String(new Set(wanted).size)} asked for`);
  }
}

const othersOfTheService = (): string[] => [...Object.keys({ ...serviceEnv, ...senderEnv }), 'STEWARD_CONNECTOR', ...Object.values(crm.connectors).flatMap(({ env }) => Object.keys(env))];

main().catch((error: unknown) => {
  process.stderr.write(`${error instanceof TypeError || error instanceof StewardError ? error.message : String(error)}\n`);
  process.exitCode = error instanceof TypeError ? 64 : 1;
});

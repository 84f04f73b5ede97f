// npm start
import { join } from 'node:path';
import { ServerFault } from '@steward/servers';
import { connectorEnv, type Flags, parseFlags, usage } from './flags';
import { seed, untilPriced } from './seed';
import { portsFrom } from './system/ports';
import { startSystem, type System } from './system/system';
import { addressTable } from './table';
import { startTraffic } from './traffic';

const PRODUCTS = 600;
const say = (line: string): void => void process.stdout.write(`${line}\n`);
const started = Date.now();
const note = (line: string): void => say(`${((Date.now() - started) / 1000).toFixed(1).padStart(6)} s  ${line}`);

function fail(fault: unknown): never {
  // A fault of the machine is one line for a person; anything else is ours and needs its stack.
  process.stderr.write(`steward: ${fault instanceof ServerFault ? fault.message : ((fault as Error).stack ?? String(fault))}\n`);
  process.exit(1);
}

const flags = parseFlags(process.argv.slice(2));
if (flags.kind === 'help') {
  process.stdout.write(usage);
  process.exit(0);
}
if (flags.kind === 'wrong') {
  process.stderr.write(`steward: ${flags.line}\n`);
  process.exit(64);
}

const interrupted = new AbortController();
let onInterrupt: () => void = () => undefined;
for (const signal of ['SIGINT', 'SIGTERM', 'SIGHUP'] as const) {
  // npm, the terminal and the bootstrap may each send it: once is enough.
  process.on(signal, () => {
    if (interrupted.signal.aborted) return;
    interrupted.abort();
    onInterrupt();
  });
}
// Whoever started us is gone without a signal.
process.on('disconnect', () => process.kill(process.pid, 'SIGTERM'));

async function stop(system: System, stopTraffic: () => Promise<void>): Promise<never> {
  say('');
  note('stopping');
  await stopTraffic();
  await system.stop();
  note('stopped, nothing is left running');
  process.exit(0);
}

async function run(system: System, { quiet, connectors }: Flags): Promise<void> {
  const seeded = await seed(system, { products: PRODUCTS, note, withinMs: 120_000, signal: interrupted.signal, shown: connectors.pim === undefined });
  if (connectors.pim === undefined && connectors.pricing === undefined) await untilPriced(system, { note, withinMs: 60_000, signal: interrupted.signal });
  const stopTraffic = quiet ? async () => undefined : startTraffic(system.sandbox, seeded, note);
  say(addressTable(system, seeded.example));
  note(quiet ? 'ready' : 'ready, with live traffic (--quiet for none)');
  if (interrupted.signal.aborted) return stop(system, stopTraffic);
  onInterrupt = () => void stop(system, stopTraffic).catch(fail);
}

// Until the system stands there is nothing to stop in order: the guard of the child processes does it.
onInterrupt = () => process.exit(130);
startSystem({
  dataDir: flags.data ?? join(__dirname, '../../../.steward'),
  ports: portsFrom(flags.portBase),
  reset: flags.reset,
  cluster: flags.cluster,
  env: connectorEnv(flags.connectors, process.env),
  note,
})
  .then(async (system) => {
    onInterrupt = () => void stop(system, async () => undefined).catch(fail);
    try {
      await run(system, flags);
    } catch (fault) {
      if (interrupted.signal.aborted) return;
      await system.stop();
      throw fault;
    }
  })
  .catch(fail);

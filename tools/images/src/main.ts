// npm run test:images: builds every image with the recipe that everybody uses, then runs the whole system from them on real servers
// until a catalogue is in the storefront, and ends it. Names of apps after `--` build and run those alone. 69 is "can't be run here", as of test:real.
import { rmSync } from 'node:fs';
import { join } from 'node:path';
import { freePortPlan, scratchFolder, seed, startSystem, type System } from '@steward/start';
import { baseName, makeBase } from './base-image';
import { buildImage, imageOf } from './build';
import { apps, programsOf, type Program } from './programs';
import { say } from './run';
import { openStore, type Store } from './store';
import { toolsMissing } from './tools';
import { startTrial, type Trial } from './trial';

const repository = join(__dirname, '..', '..', '..');
const products = 20;
/** Without one of these no product reaches the storefront. */
const line = ['operations', 'sandbox', 'pim', 'gateway'];

async function buildAll(store: Store, wanted: readonly string[]): Promise<Map<string, number>> {
  await makeBase(store, repository);
  const sizeOf = async (image: string): Promise<number> => Number(await store.podman('image', 'inspect', '--format', '{{.Size}}', image));
  const base = await sizeOf(baseName);
  const sizes = new Map<string, number>();
  for (const app of wanted) {
    const begun = performance.now();
    await buildImage(store, repository, app);
    sizes.set(app, (await sizeOf(imageOf(app))) - base);
    say(`built ${app.padEnd(16)} ${((performance.now() - begun) / 1_000).toFixed(0).padStart(4)} s`);
  }
  return sizes;
}

async function runAll(store: Store, system: System, programs: readonly Program[], withCatalogue: boolean, sizes: ReadonlyMap<string, number>): Promise<string[]> {
  const trials: Trial[] = [];
  const faults: string[] = [];
  const ends = new Map<string, number>();
  try {
    for (const program of programs) trials.push(await startTrial(store, program));
    if (withCatalogue) await seed(system, { products, note: say, withinMs: 120_000 });
  } finally {
    for (const trial of trials.toReversed()) {
      const { ms, faults: late } = await trial.end();
      ends.set(trial.program.name, ms);
      faults.push(...[...trial.faults, ...late].map((fault) => `${trial.program.name} ${fault}`));
    }
  }
  say(`\n${'image'.padEnd(20)}${'MB above the base'.padStart(18)}${'ready, ms'.padStart(12)}${'ended, ms'.padStart(12)}`);
  for (const { program, startMs } of trials) {
    const megabytes = ((sizes.get(program.app) ?? 0) / 1e6).toFixed(0);
    say(`${program.name.padEnd(20)}${megabytes.padStart(18)}${startMs.toFixed(0).padStart(12)}${(ends.get(program.name) ?? 0).toFixed(0).padStart(12)}`);
  }
  return faults;
}

async function main(): Promise<number> {
  const chosen = process.argv.slice(2);
  const unknown = chosen.filter((app) => !apps(repository).includes(app));
  if (unknown.length > 0) throw new Error(`no app ${unknown.join(', ')}: one of ${apps(repository).join(', ')}`);
  const reason = await toolsMissing();
  if (reason !== undefined) {
    say(`IMAGES ARE NOT TESTED: ${reason}`);
    return 69;
  }
  const wanted = chosen.length === 0 ? apps(repository) : chosen;
  const store = await openStore();
  say(`building ${wanted.join(', ')} (layers by ${store.driver})`);
  const sizes = await buildAll(store, wanted);
  const dataDir = scratchFolder('images');
  const ports = await freePortPlan();
  // Servers alone: every service comes out of its image.
  const system = await startSystem({ dataDir, ports, supervised: false, syncAlways: true, without: ['operations', 'sandbox', 'pim', 'erp', 'crm', 'oms', 'pricing', 'reconciliation', 'gateway-projector', 'gateway-api'] });
  try {
    const programs = programsOf(system).filter(({ app }) => wanted.includes(app));
    const whole = line.every((app) => wanted.includes(app));
    const faults = await runAll(store, system, programs, whole, sizes);
    for (const fault of faults) say(`FAULT ${fault}`);
    say(faults.length === 0 ? `\n${String(programs.length)} programs of ${String(wanted.length)} images: not root, read-only, ended by SIGTERM${whole ? `, ${String(products)} products through all of them` : ''}` : `\n${String(faults.length)} faults`);
    return faults.length === 0 ? 0 : 1;
  } finally {
    await system.stop();
    rmSync(dataDir, { recursive: true, force: true });
  }
}

main().then(
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`);
    process.exit(1);
  },
);

import { runBatches } from './batches/batches';
import { runCheckout } from './checkout/checkout';
import { parseOptions as parseCheckoutOptions, usage as checkoutUsage } from './checkout/options';
import { runDesk } from './desk/desk';
import { parseOptions as parseDeskOptions, usage as deskUsage } from './desk/options';
import { runGateway } from './gateway/gateway';
import { parseOptions as parseGatewayOptions, usage as gatewayUsage } from './gateway/options';
import { runImport } from './import/import';
import { parseOptions as parseImportOptions, usage as importUsage } from './import/options';
import { parseOptions as parsePipelineOptions, usage as pipelineUsage } from './pipeline/options';
import { runPipeline } from './pipeline/pipeline';
import type { Say } from './pipeline/report';
import { contests, runTwoSystems } from './pipeline/two-systems';
import { parseOptions as parsePoisonOptions, usage as poisonUsage } from './poison/options';
import { runPoison } from './poison/poison';
import { parseOptions as parseReservationOptions, usage as reservationUsage } from './reservations/options';
import { parseOptions as parseReconcileOptions, usage as reconcileUsage } from './reconcile/options';
import { runReconcile } from './reconcile/reconcile';
import { runReservations } from './reservations/reservations';

const say: Say = (line) => void process.stdout.write(`${line}\n`);

interface Benchmark {
  readonly usage: string;
  /** Whether the run counts, or a fault in what was asked. */
  readonly run: (args: readonly string[]) => Promise<boolean> | string;
}

const benchmark = <Options>(usage: string, parse: (args: readonly string[]) => Options | string, run: (options: Options, say: Say) => Promise<boolean>): Benchmark => ({
  usage,
  run: (args) => {
    const options = parse(args);
    return typeof options === 'string' ? options : run(options, say);
  },
});

const benchmarks: Readonly<Record<string, Benchmark>> = {
  pipeline: benchmark(pipelineUsage, (args) => parsePipelineOptions(args, process.env['YARDSTICK']), (options) => {
    const contest = options.durable ? contests.durable : options.digests ? contests.digests : undefined;
    return contest === undefined ? runPipeline(options, say) : runTwoSystems(options, contest, say);
  }),
  gateway: benchmark(gatewayUsage, parseGatewayOptions, runGateway),
  import: benchmark(importUsage, parseImportOptions, runImport),
  batches: { usage: 'npm run bench -- batches', run: () => runBatches(say).then(() => true) },
  reservations: benchmark(reservationUsage, parseReservationOptions, runReservations),
  reconcile: benchmark(reconcileUsage, parseReconcileOptions, runReconcile),
  desk: benchmark(deskUsage, parseDeskOptions, runDesk),
  poison: benchmark(poisonUsage, parsePoisonOptions, runPoison),
  checkout: benchmark(checkoutUsage, parseCheckoutOptions, runCheckout),
};

function refuse(line: string, usage: string): number {
  process.stderr.write(`${line}\n${usage}\n`);
  return 64;
}

async function main([what = '', ...args]: readonly string[]): Promise<number> {
  const chosen = Object.hasOwn(benchmarks, what) ? benchmarks[what] : undefined;
  if (chosen === undefined) return refuse(`which benchmark? accepted: ${Object.keys(benchmarks).join(', ')}`, Object.values(benchmarks).map(({ usage }) => usage).join('\n'));
  const running = chosen.run(args);
  if (typeof running === 'string') return refuse(running, chosen.usage);
  return (await running) ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (fault: Error) => {
    process.stderr.write(`bench: ${fault.stack ?? fault.message}\n`);
    process.exit(1);
  },
);

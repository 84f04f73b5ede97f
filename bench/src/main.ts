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
import { contests, runTwoSystems } from './pipeline/two-systems';
import { parseOptions as parsePoisonOptions, usage as poisonUsage } from './poison/options';
import { runPoison } from './poison/poison';
import { parseOptions as parseReservationOptions, usage as reservationUsage } from './reservations/options';
import { parseOptions as parseReconcileOptions, usage as reconcileUsage } from './reconcile/options';
import { runReconcile } from './reconcile/reconcile';
import { runReservations } from './reservations/reservations';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

function refuse(line: string, usage: string): number {
  process.stderr.write(`${line}\n${usage}\n`);
  return 64;
}

async function main([what, ...args]: readonly string[]): Promise<number> {
  switch (what) {
    case 'pipeline': {
      const options = parsePipelineOptions(args, process.env['YARDSTICK']);
      if (typeof options === 'string') return refuse(options, pipelineUsage);
      if (options.durable && options.digests) return refuse('--durable and --digests are two comparisons', pipelineUsage);
      const contest = options.durable ? contests.durable : options.digests ? contests.digests : undefined;
      return (await (contest === undefined ? runPipeline(options, say) : runTwoSystems(options, contest, say))) ? 0 : 1;
    }
    case 'gateway': {
      const options = parseGatewayOptions(args);
      if (typeof options === 'string') return refuse(options, gatewayUsage);
      return (await runGateway(options, say)) ? 0 : 1;
    }
    case 'import': {
      const options = parseImportOptions(args);
      if (typeof options === 'string') return refuse(options, importUsage);
      return (await runImport(options, say)) ? 0 : 1;
    }
    case 'reservations': {
      const options = parseReservationOptions(args);
      if (typeof options === 'string') return refuse(options, reservationUsage);
      return (await runReservations(options, say)) ? 0 : 1;
    }
    case 'poison': {
      const options = parsePoisonOptions(args);
      if (typeof options === 'string') return refuse(options, poisonUsage);
      return (await runPoison(options, say)) ? 0 : 1;
    }
    case 'desk': {
      const options = parseDeskOptions(args);
      if (typeof options === 'string') return refuse(options, deskUsage);
      return (await runDesk(options, say)) ? 0 : 1;
    }
    case 'checkout': {
      const options = parseCheckoutOptions(args);
      if (typeof options === 'string') return refuse(options, checkoutUsage);
      return (await runCheckout(options, say)) ? 0 : 1;
    }
    case 'reconcile': {
      const options = parseReconcileOptions(args);
      if (typeof options === 'string') return refuse(options, reconcileUsage);
      return (await runReconcile(options, say)) ? 0 : 1;
    }
    case 'batches':
      await runBatches(say);
      return 0;
    default:
      return refuse('which benchmark? accepted: pipeline, gateway, import, batches, reservations, reconcile, desk, poison, checkout', `${pipelineUsage}\n${gatewayUsage}\n${importUsage}\nnpm run bench -- batches\n${reservationUsage}\n${reconcileUsage}\n${deskUsage}\n${poisonUsage}\n${checkoutUsage}`);
  }
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (fault: Error) => {
    process.stderr.write(`bench: ${fault.stack ?? fault.message}\n`);
    process.exit(1);
  },
);

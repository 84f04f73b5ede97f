import { parseOptions, usage } from './pipeline/options';
import { runPipeline } from './pipeline/pipeline';

const say = (line: string): void => void process.stdout.write(`${line}\n`);

async function main([what, ...args]: readonly string[]): Promise<number> {
  if (what !== 'pipeline') {
    process.stderr.write(`which benchmark? accepted: pipeline\n${usage}\n`);
    return 64;
  }
  const options = parseOptions(args, process.env['YARDSTICK']);
  if (typeof options === 'string') {
    process.stderr.write(`${options}\n${usage}\n`);
    return 64;
  }
  return (await runPipeline(options, say)) ? 0 : 1;
}

main(process.argv.slice(2)).then(
  (code) => process.exit(code),
  (fault: Error) => {
    process.stderr.write(`bench: ${fault.stack ?? fault.message}\n`);
    process.exit(1);
  },
);

import { run } from './program';
import { runInRepository } from './repository';

const interrupted = new AbortController();
process.on('SIGINT', () => {
  if (interrupted.signal.aborted) process.exit(130);
  interrupted.abort();
});
// A pager that was left, or `head`: nobody wants the rest.
process.stdout.on('error', () => process.exit(0));

const surroundings = { env: process.env, out: (text: string) => void process.stdout.write(text), err: (text: string) => void process.stderr.write(text), signal: interrupted.signal, repository: runInRepository };
run(process.argv.slice(2), surroundings).then(
  (code) => (process.exitCode = code),
  (fault: unknown) => {
    process.stderr.write(`steward: ${String(fault)}\n`);
    process.exitCode = 1;
  },
);

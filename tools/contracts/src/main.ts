import { resolve } from 'node:path';
import { check } from './check';
import { formatFault } from './fault';
import { generate } from './generate';

async function main(): Promise<number> {
  const root = resolve(__dirname, '../../..');
  const { sources, faults } = check(root);
  for (const fault of faults) process.stderr.write(`${formatFault(fault)}\n`);
  if (faults.length > 0) return 1;
  if (process.argv[2] === 'generate') await generate(root, sources);
  return 0;
}

void main().then((code) => {
  process.exitCode = code;
});

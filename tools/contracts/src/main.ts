import { mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { parseArgs } from 'node:util';
import { check, documents, lint, orphans } from './check';
import { type Fault, formatFault } from './fault';
import { renderAccounts } from './output/accounts';
import { generate } from './output/generate';
import { ASYNCAPI } from './output/asyncapi';
import { pageOf } from './output/contract-page';
import { PAGE } from './output/page';
import { publish } from './rules/published';

const USAGE = `usage: contracts [check|generate|publish|docs|accounts] [--root DIR]
  check     lint, compare with every version ever published, check that the documents are current (default)
  generate  lint and compare, then write libs/contracts/src/generated
  publish   lint and compare, then add what changed to contracts/published
  docs      lint and compare, then write ${PAGE}, ${pageOf('<entity>')} and ${ASYNCAPI}
  accounts  generate, then print the accounts of nats.conf, passwords as variables
`;

/** @returns the exit code: 0 fine, 1 faults in the contracts, 64 a wrong command line */
async function main(): Promise<number> {
  const { command, root, fault } = readCommand();
  if (fault !== undefined) return misused(fault);
  switch (command) {
    case 'check': {
      const { sources, faults } = check(root);
      return report(faults) ?? say(`${sources.length} contracts are in order`);
    }
    case 'generate': {
      const { sources, faults } = lint(root);
      // An unpublished change is no reason not to build: whoever writes a contract has to try it first.
      return report(faults.filter((fault) => fault.code !== 'CONTRACT_UNPUBLISHED')) ?? say(`current: ${(await generate(root, sources)).join(', ')}`);
    }
    case 'publish': {
      const { sources, faults } = lint(root);
      return report(faults.filter((fault) => fault.code !== 'CONTRACT_UNPUBLISHED')) ?? say(`published: ${publish(root, sources).join(', ') || 'nothing has changed'}`);
    }
    case 'docs': {
      const { sources, faults } = lint(root);
      const code = report(faults.filter((fault) => fault.code !== 'CONTRACT_UNPUBLISHED'));
      if (code !== undefined) return code;
      for (const file of orphans(root, sources)) rmSync(join(root, file));
      const texts = documents(root, sources);
      for (const [file, text] of texts) {
        mkdirSync(dirname(join(root, file)), { recursive: true });
        writeFileSync(join(root, file), text);
      }
      return say(`written: ${texts.length} documents`);
    }
    case 'accounts': {
      const { sources, faults } = lint(root);
      const code = report(faults.filter((fault) => fault.code !== 'CONTRACT_UNPUBLISHED'));
      if (code !== undefined) return code;
      await generate(root, sources);
      const accounts = renderAccounts(root);
      return accounts === undefined ? 1 : say(accounts.trimEnd());
    }
    default:
      return misused(`unknown command "${command}"`);
  }
}

function misused(fault: string): 64 {
  process.stderr.write(`${fault}\n${USAGE}`);
  return 64;
}

function readCommand(): { readonly command: string; readonly root: string; readonly fault?: string } {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { root: { type: 'string' } } });
    return { command: positionals.length > 1 ? positionals.join(' ') : (positionals[0] ?? 'check'), root: resolve(values.root ?? join(__dirname, '../../..')) };
  } catch (error) {
    return { command: '', root: '', fault: (error as Error).message };
  }
}

function report(faults: readonly Fault[]): 1 | undefined {
  if (faults.length === 0) return undefined;
  process.stderr.write(`${faults.map(formatFault).join('\n')}\n${faults.length} fault${faults.length === 1 ? '' : 's'} in contracts\n`);
  return 1;
}

function say(text: string): 0 {
  process.stdout.write(`${text}\n`);
  return 0;
}

void main().then((code) => {
  process.exitCode = code;
});

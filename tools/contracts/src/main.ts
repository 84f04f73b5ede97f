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
import { diff } from './rules/diff';
import { publish } from './rules/published';

const USAGE = `usage: contracts [check|lint|diff|generate|publish|docs|asyncapi|accounts] [--root DIR]
  check     lint, compare with every version ever published, check that the documents are current (default)
  lint      the same without the documents
  diff ENTITY [FROM] [TO]  what changed since the last release and whom it breaks; FROM and TO are v1 (here) or v1/2 (a release)
  generate  lint and compare, then write libs/contracts/src/generated
  publish   lint and compare, then add what changed to contracts/published
  docs      lint and compare, then write ${PAGE}, ${pageOf('<entity>')} and ${ASYNCAPI}
  asyncapi  lint and compare, then print the AsyncAPI document
  accounts  generate, then print the accounts of nats.conf, passwords as variables
`;

/** @returns the exit code: 0 fine, 1 faults in the contracts, 64 a wrong command line */
async function main(): Promise<number> {
  const { command, words, root, fault } = readCommand();
  if (fault !== undefined) return misused(fault);
  switch (command) {
    case 'check': {
      const { sources, faults } = check(root);
      return report(faults) ?? say(`${sources.length} contracts are in order`);
    }
    case 'lint': {
      const { sources, faults } = lint(root);
      return report(faults.filter((fault) => fault.code !== 'CONTRACT_UNPUBLISHED')) ?? say(`${sources.length} contracts are well-formed and break nobody`);
    }
    case 'diff': {
      const [entity = '', from, to] = words;
      const found = diff(root, lint(root).sources, entity, from, to);
      if (found.kind === 'unknown') return misused(`there is no ${found.what}; accepted: ${found.accepted}`);
      say(found.lines.join('\n'));
      return found.breaks ? 1 : 0;
    }
    case 'asyncapi': {
      const { sources, faults } = lint(root);
      return report(faults.filter((fault) => fault.code !== 'CONTRACT_UNPUBLISHED')) ?? say((documents(root, sources).find(([file]) => file === ASYNCAPI)?.[1] ?? '').trimEnd());
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

function readCommand(): { readonly command: string; readonly words: readonly string[]; readonly root: string; readonly fault?: string } {
  try {
    const { values, positionals } = parseArgs({ allowPositionals: true, options: { root: { type: 'string' } } });
    const [command = 'check', ...words] = positionals;
    return { command: words.length > (command === 'diff' ? 3 : 0) ? positionals.join(' ') : command, words, root: resolve(values.root ?? join(__dirname, '../../..')) };
  } catch (error) {
    return { command: '', words: [], root: '', fault: (error as Error).message };
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

// A pager that was left, or `head`: nobody wants the rest.
process.stdout.on('error', () => process.exit(0));
void main().then((code) => {
  process.exitCode = code;
});

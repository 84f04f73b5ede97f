/** What is worked on in a clone: contracts and connectors. Each is a program that the repository has anyway, under the name where people look. */
import { type Command, inRepository, text } from '../command';

const compiler = 'tools/contracts/dist/main.js';
const bootstrap = 'tools/bootstrap.cjs';

export const making: readonly Command[] = [
  inRepository('contracts', 'lint', 'whether contracts are well-formed and break nobody', '', compiler, () => ['lint']),
  inRepository('contracts', 'check', 'lint, and whether what is made from them is current', '', compiler, () => ['check']),
  inRepository('contracts', 'diff', 'what changed between two published releases of a contract, or since the last, and whom it breaks', '<entity> [from] [to]', compiler, ({ args }) => ['diff', ...args]),
  inRepository('contracts', 'asyncapi', 'the AsyncAPI document of all messages', '', compiler, () => ['asyncapi']),
  inRepository('connector', 'new', 'a folder with a connector that works, its words left blank', '<system> <vendor>', 'node_modules/nx/dist/bin/nx.js',
    ({ args, values }) => ['g', '@steward/tools:vendor', ...args, ...(text(values, 'entity') === undefined ? [] : ['--entity', text(values, 'entity') ?? ''])], [['--entity <entity>', 'what is read from it; by default the first of the system']]),
  inRepository('connector', 'test', 'what a connector has to prove, as a score sheet', '<system> <vendor>', bootstrap, ({ args: [system = '', vendor = ''] }) => ['test:vendors', `apps/${system}/src/${vendor}`]),
  inRepository('connector', 'sandbox', 'the stand-in for all systems of record, alone, until Ctrl-C', '', 'apps/sandbox/dist/main.js', () => []),
];

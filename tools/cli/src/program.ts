/** Commands as commander has them. Nothing is loaded or asked before the arguments are understood, so that help is there at once. */
import { Command as Program, CommanderError } from 'commander';
import type { Command, Result, Values } from './command';
import { jobs } from './commands/jobs';
import { making } from './commands/making';
import { refunds } from './commands/refunds';
import { releases } from './commands/releases';
import { runbooks } from './commands/runbooks';
import { running } from './commands/running';
import { triage } from './commands/triage';
import { completionFor } from './completion';
import { exitCodes, type ExitCode, Failure } from './failure';
import { operationsAt } from './operations.client';
import { type GlobalOptions, settingsOf, type Settings, defaultUrl } from './settings';
import { linesOf, tableOf } from './table';

export const commands: readonly Command[] = [...running, ...triage, ...refunds, ...jobs, ...runbooks, ...releases, ...making];

const nouns: Readonly<Record<string, string>> = {
  dlq: 'dead letters, grouped by cause', case: 'held changes, drift, losses of the broker', op: 'jobs', refund: 'money that goes back to a shopper', flow: 'what flows between systems', recon: 'whether all ends agree',
  contracts: 'who owns what, what may be released; in a clone: check, compare, document', connector: 'vendors of an adapter, in a clone', audit: 'who did what, and why', runbook: 'procedures for known problems',
};

export interface Surroundings {
  readonly env: Readonly<Record<string, string | undefined>>;
  readonly out: (text: string) => void;
  readonly err: (text: string) => void;
  readonly signal: AbortSignal;
  readonly repository: (program: string, args: readonly string[]) => Promise<number>;
}

/** Runs one command line; resolves with the exit code. */
export async function run(args: readonly string[], around: Surroundings): Promise<ExitCode> {
  let code: ExitCode = exitCodes.ok;
  let settings: Settings | undefined;
  const program = new Program('steward')
    .description('The operations desk at a terminal.')
    .option('--url <url>', `address of operations (STEWARD_OPERATIONS_URL; default ${defaultUrl})`)
    .option('--token-file <file>', 'file with an operator’s token (STEWARD_TOKEN_FILE; or the token itself in STEWARD_TOKEN)')
    .option('-o, --output <format>', 'table or json', 'table')
    .addHelpText('after', '\nExit codes: 0 done, 1 bad news or a failure, 2 mistyped or refused input, 3 not found, 4 conflict, 5 not allowed, 6 operations does not answer, 7 can not say (evidence is missing).')
    .exitOverride()
    .configureOutput({ writeOut: around.out, writeErr: around.err });
  const groups = new Map<string, Program>();
  const parentOf = (noun: string | null): Program => {
    if (noun === null) return program;
    const known = groups.get(noun) ?? program.command(noun).description(nouns[noun] ?? noun);
    groups.set(noun, known);
    return known;
  };
  for (const command of commands) {
    const child = parentOf(command.noun).command(command.args === undefined ? command.verb : `${command.verb} ${command.args}`).description(command.summary);
    for (const [flags, description] of command.options ?? []) child.option(flags, description);
    if (command.acts === true) child.requiredOption('--reason <text>', 'why; it is recorded in the audit').option('--dry-run', 'say what would happen, without doing it');
    child.action(async () => {
      settings = settingsOf(program.opts<GlobalOptions>(), around.env);
      const values = child.opts<Values>();
      const result = await command.run({ operations: operationsAt(settings), args: child.args, values, progress: (line) => around.err(`${line}\n`), signal: around.signal, repository: around.repository });
      code = print(result, settings, around);
    });
  }
  program.command('completion <shell>').description('a script that completes commands: steward completion bash').action((shell: string) => around.out(completionFor(shell, commands)));
  try {
    await program.parseAsync(args, { from: 'user' });
    return code;
  } catch (error) {
    return explain(error, settings, around);
  }
}

function print(result: Result, { output }: Settings, { out, err }: Surroundings): ExitCode {
  if (result.kind === 'told') return result.unhealthy === true ? exitCodes.failed : exitCodes.ok;
  if (output === 'json') out(`${JSON.stringify(result.answer, null, 2)}\n`);
  else if (result.kind === 'list') {
    out(tableOf(result.columns, result.items));
    const next = (result.answer['page'] as { readonly next?: string | null } | undefined)?.next;
    if (typeof next === 'string') err(`more: --after ${next}\n`);
  } else out(linesOf(result.answer));
  if (result.kind === 'one' && result.exitCode !== undefined) return result.exitCode;
  return result.unhealthy === true ? exitCodes.failed : exitCodes.ok;
}

function explain(error: unknown, settings: Settings | undefined, { out, err }: Surroundings): ExitCode {
  // Commander has said it already; help and version are no failure.
  if (error instanceof CommanderError) return error.exitCode === 0 ? exitCodes.ok : exitCodes.usage;
  if (!(error instanceof Failure)) {
    err(`steward: ${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    return exitCodes.failed;
  }
  if (settings?.output === 'json' && error.problem !== undefined) out(`${JSON.stringify(error.problem, null, 2)}\n`);
  err(`steward: ${error.message}\n`);
  return error.exitCode;
}

/**
 * A command as data: its place, what it takes, and what it asks of operations. Help, completion and the check that nothing is misspelt are
 * made from it, so a new address of /ops/v1 costs one entry.
 */
import type { ExitCode } from './failure';
import type { Json, Operations, Query } from './operations.client';
import type { Column } from './table';

/** Values by the long name of their option; a flag without a value is true. */
export type Values = Readonly<Record<string, string | boolean | readonly string[] | undefined>>;

export interface Given {
  readonly operations: Operations;
  readonly args: readonly string[];
  readonly values: Values;
  /** A line for the person who waits; standard error, so that standard output stays the answer. */
  readonly progress: (line: string) => void;
  readonly signal: AbortSignal;
  /** Runs one of the repository's own programs with this terminal; resolves with its exit code. */
  readonly repository: (program: string, args: readonly string[]) => Promise<number>;
}

export type Result =
  | { readonly kind: 'list'; readonly answer: Json; readonly items: readonly Json[]; readonly columns: readonly Column[]; readonly unhealthy?: boolean }
  /** `exitCode` where there is more to tell apart than good and bad news. */
  | { readonly kind: 'one'; readonly answer: Json; readonly unhealthy?: boolean; readonly exitCode?: ExitCode }
  /** Was printed on the way. */
  | { readonly kind: 'told'; readonly unhealthy?: boolean };

/** `unhealthy` ends with exit code 1: the question was answered, and the answer is bad news. */
export interface Command {
  /** Null = a command of its own, such as `steward doctor`. */
  readonly noun: string | null;
  readonly verb: string;
  readonly summary: string;
  /** As commander has them: `<id>`, `[keys...]`. */
  readonly args?: string;
  readonly options?: readonly (readonly [flags: string, description: string])[];
  /** Takes --reason (required) and --dry-run. */
  readonly acts?: boolean;
  /** Asks nothing of operations. */
  readonly inRepository?: boolean;
  readonly run: (given: Given) => Promise<Result>;
}

export const text = (values: Values, name: string): string | undefined => (typeof values[name] === 'string' ? values[name] : undefined);

/** What every act says. */
export const actOf = (values: Values): Json => ({ reason: text(values, 'reason'), dryRun: values['dryRun'] === true });

export const idOf = (args: readonly string[]): string => encodeURIComponent(args[0] ?? '');

const pageOptions = [
  ['--first <n>', 'how many, 1 to 250'],
  ['--after <cursor>', 'the page after this one; printed at the end of a page'],
] as const;

interface ListSpec {
  readonly verb?: string;
  readonly filters?: readonly (readonly [flags: string, description: string])[];
  /** What it is asked unless the options say otherwise. */
  readonly query?: Query;
  readonly paged?: boolean;
}

/** `GET path` with its filters, as columns. */
export function list(noun: string, path: string, summary: string, columns: readonly Column[], { verb = 'list', filters = [], query: defaults = {}, paged = true }: ListSpec = {}): Command {
  return {
    noun, verb, summary, options: [...filters, ...(paged ? pageOptions : [])],
    run: async ({ operations, values }) => {
      const query = { ...defaults, ...Object.fromEntries(Object.entries(values).filter((entry): entry is [string, string] => typeof entry[1] === 'string')) };
      const answer = await operations.get(path, query);
      return { kind: 'list', answer, items: (answer['items'] ?? []) as readonly Json[], columns };
    },
  };
}

/** `GET path/{id}`. */
export function show(noun: string, path: string, summary: string, verb = 'show'): Command {
  return { noun, verb, summary, args: '<id>', run: async ({ operations, args }) => ({ kind: 'one', answer: await operations.get(`${path}/${idOf(args)}`) }) };
}

/** A program of the repository, for what is worked on in a clone and not asked of a running system. */
export function inRepository(noun: string, verb: string, summary: string, args: string, program: string, argsOf: (given: Pick<Given, 'args' | 'values'>) => readonly string[], options: Command['options'] = []): Command {
  return {
    noun, verb, summary, args, options, inRepository: true,
    run: async (given) => ({ kind: 'told', unhealthy: (await given.repository(program, argsOf(given))) !== 0 }),
  };
}

/** `POST path/{id}/verb` with reason, dryRun and what `body` makes of the options. */
export function act(noun: string, path: string, verb: string, summary: string, options: Command['options'] = [], body: (values: Values) => Json = () => ({})): Command {
  return {
    noun, verb, summary, args: '<id>', options, acts: true,
    run: async ({ operations, args, values }) => ({ kind: 'one', answer: await operations.post(`${path}/${idOf(args)}/${verb}`, { ...actOf(values), ...body(values) }) }),
  };
}

/** From a declaration and the parameters of a click to the steps of a run: pure. */
import { type RunbookDeclaration, type RunbookParam, type RunbookStepKind } from '@steward/contracts';
import { z } from 'zod';
import type { Step } from './step';

export const stepStates = ['pending', 'running', 'waiting', 'done', 'failed', 'skipped'] as const;
export type StepState = (typeof stepStates)[number];
export const runStates = ['running', 'done', 'failed', 'cancelled', 'undoing', 'undone'] as const;
export type RunState = (typeof runStates)[number];
export const stepKinds = ['precondition', 'dryRun', 'command', 'check', 'undo'] as const satisfies readonly RunbookStepKind[];

export interface PlannedStep {
  readonly step: string;
  readonly kind: RunbookStepKind;
  readonly says: string;
  readonly run: string;
  readonly args: Readonly<Record<string, unknown>>;
  readonly undoes: string | null;
  readonly withinMs: number;
  /** skipped = its parameter was not given, or it acts and this is a dry run. */
  readonly state: 'pending' | 'skipped';
}

const text = z.string({ error: 'a text of 1 to 300 characters' }).trim().min(1).max(300);

function typeOf({ type, values }: RunbookParam): z.ZodType {
  switch (type) {
    case 'number':
      return z.int({ error: 'a whole number' }).min(0).max(1_000_000_000);
    case 'flag':
      return z.boolean({ error: 'true or false' });
    case 'list':
      return z.array(text, { error: 'a list of texts' }).min(1).max(500);
    case 'text':
      return values === null ? text : z.enum(values as [string, ...string[]], { error: values.join(', ') });
  }
}

export function paramsOf({ params }: RunbookDeclaration): z.ZodType<Record<string, unknown>> {
  const shape = Object.fromEntries(Object.entries(params).map(([name, param]) => [name, param.optional ? typeOf(param).optional() : typeOf(param)]));
  return z.strictObject(shape, { error: `an object of ${Object.keys(params).join(', ')}` });
}

export function planOf({ steps }: RunbookDeclaration, params: Readonly<Record<string, unknown>>, dryRun: boolean): PlannedStep[] {
  return steps.map(({ id, kind, says, run, with: given, of, when, withinMs }) => {
    const looksOnly = kind === 'precondition' || kind === 'dryRun';
    const wanted = when === null || (params[when] !== undefined && params[when] !== false);
    return { step: id, kind, says, run, args: filled(given, params) as Record<string, unknown>, undoes: of, withinMs, state: wanted && (looksOnly || !dryRun) ? 'pending' : 'skipped' };
  });
}

/** `$name` becomes the parameter's value; what was not given is left out. */
function filled(value: unknown, params: Readonly<Record<string, unknown>>): unknown {
  if (typeof value === 'string') return value.startsWith('$') ? params[value.slice(1)] : value;
  if (Array.isArray(value)) return value.map((each: unknown) => filled(each, params));
  if (typeof value !== 'object' || value === null) return value;
  return Object.fromEntries(Object.entries(value).map(([name, each]) => [name, filled(each, params)] as const).filter(([, each]) => each !== undefined));
}

/** What of a runbook the code does not know any more, or never did; [] = it can be run. */
export function staleParts({ steps }: RunbookDeclaration, known: ReadonlyMap<string, Step>): string[] {
  return steps.flatMap(({ id, kind, run, with: given }) => {
    const step = known.get(run);
    if (step === undefined) return [`${id}: there is no step ${run}`];
    if (step.acts !== (kind === 'command' || kind === 'undo')) return [`${id}: ${run} ${step.acts ? 'acts' : 'only looks'}, and can be no ${kind}`];
    const names = argNames(step);
    return Object.keys(given).filter((name) => !names.includes(name)).map((name) => `${id}: ${run} takes no ${name}`);
  });
}

function argNames({ args }: Step): readonly string[] {
  const shape = (args as { shape?: Record<string, unknown> }).shape;
  return Object.keys(shape ?? {});
}

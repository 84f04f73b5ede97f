// Runbooks that are carried out: the head of a file in docs/runbooks, as data. A file without a head is for reading only.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { parseDocument } from 'yaml';
import type { Fault } from './fault';
import { toMs } from './model';

const FOLDER = 'docs/runbooks';
const kinds = ['precondition', 'dryRun', 'command', 'check', 'undo'];
const types = ['text', 'number', 'list', 'flag'];
const durationForm = /^\d+(ms|s|m|h|d)$/;
const defaultWithin = '10m';

type Json = Readonly<Record<string, unknown>>;

interface Runbooks {
  /** In the shape of RunbookDeclaration of @steward/contracts, which needs this compiler to exist. */
  readonly runbooks: readonly Json[];
  readonly faults: readonly Fault[];
}

export function loadRunbooks(root: string): Runbooks {
  const faults: Fault[] = [];
  const names = existsSync(join(root, FOLDER)) ? readdirSync(join(root, FOLDER)) : [];
  const runbooks = names.filter((name) => name.endsWith('.md')).toSorted().flatMap((name) => {
    const file = `${FOLDER}/${name}`;
    const [, head] = /^---\n([\s\S]*?)\n---\n/.exec(readFileSync(join(root, file), 'utf8')) ?? [];
    if (head === undefined) return [];
    const document = parseDocument(head);
    const [unreadable] = document.errors;
    if (unreadable !== undefined) {
      faults.push({ code: 'RUNBOOK_INVALID', file, pointer: '', message: unreadable.message, accepted: 'YAML between two lines of ---' });
      return [];
    }
    const raw = (document.toJS() ?? {}) as Json;
    const found = lintRunbook(file, raw);
    faults.push(...found);
    return found.length > 0 ? [] : [declarationOf(file, raw)];
  });
  return { runbooks, faults };
}

const listOf = (value: unknown): readonly Json[] => (Array.isArray(value) ? (value as Json[]) : []);
const objectOf = (value: unknown): Json => (typeof value === 'object' && value !== null && !Array.isArray(value) ? (value as Json) : {});
const isText = (value: unknown): value is string => typeof value === 'string' && value !== '';

/** Names of parameters in the values of `with`, at any depth. */
function used(value: unknown): string[] {
  if (typeof value === 'string') return value.startsWith('$') ? [value.slice(1)] : [];
  return typeof value === 'object' && value !== null ? Object.values(value).flatMap(used) : [];
}

function lintRunbook(file: string, raw: Json): Fault[] {
  const faults: Fault[] = [];
  const wrong = (pointer: string, message: string, accepted: string): void => void faults.push({ code: 'RUNBOOK_INVALID', file, pointer, message, accepted });
  const name = basename(file, '.md');
  if (raw['id'] !== name) wrong('/id', `"${String(raw['id'])}" is not the name of the file`, name);
  for (const field of ['title', 'owner']) if (!isText(raw[field])) wrong(`/${field}`, 'is missing', 'text');
  const params = objectOf(raw['params']);
  for (const [param, value] of Object.entries(params)) {
    const { type, says } = objectOf(value);
    if (!types.includes(String(type))) wrong(`/params/${param}/type`, `"${String(type)}" is no type`, types.join(', '));
    if (!isText(says)) wrong(`/params/${param}/says`, 'is missing', 'what the parameter is');
  }
  const steps = listOf(raw['steps']);
  const seen = new Map<string, string>();
  steps.forEach((step, index) => {
    const at = `/steps/${String(index)}`;
    const { id, kind, run, says, of, when, within } = step;
    if (!isText(id) || seen.has(id)) wrong(`${at}/id`, `"${String(id)}" is missing or there twice`, 'a name of its own');
    if (!kinds.includes(String(kind))) wrong(`${at}/kind`, `"${String(kind)}" is no kind`, kinds.join(', '));
    if (!isText(run)) wrong(`${at}/run`, 'is missing', 'the name of a step of operations');
    if (!isText(says)) wrong(`${at}/says`, 'is missing', 'what the step is for, one sentence');
    if ((kind === 'undo') !== isText(of) || (isText(of) && seen.get(of) !== 'command')) wrong(`${at}/of`, `"${String(of)}" is no command before it`, 'of an undo, and only of it: the id of a command above');
    if (when !== undefined && !(String(when) in params)) wrong(`${at}/when`, `"${String(when)}" is no parameter`, Object.keys(params).join(', '));
    if (within !== undefined && !durationForm.test(String(within))) wrong(`${at}/within`, `"${String(within)}" is no duration`, '30s, 15m, 2h');
    for (const param of used(step['with'])) if (!(param in params)) wrong(`${at}/with`, `$${param} is no parameter`, Object.keys(params).join(', '));
    if (isText(id)) seen.set(id, String(kind));
  });
  if (![...seen.values()].includes('command')) wrong('/steps', 'nothing is done', 'at least one step of kind command');
  if (![...seen.values()].includes('check')) wrong('/steps', 'nobody would know that it is over', 'at least one step of kind check');
  const mentioned = new Set(steps.flatMap((step) => [...used(step['with']), String(step['when'])]));
  for (const param of Object.keys(params)) if (!mentioned.has(param)) wrong(`/params/${param}`, 'is used by no step', 'a step with it, or not the parameter');
  return faults;
}

function declarationOf(file: string, raw: Json): Json {
  const params = Object.entries(objectOf(raw['params'])).map(([name, value]) => {
    const { type, says, optional, values } = objectOf(value);
    return [name, { type, says, optional: optional === true, values: values ?? null }] as const;
  });
  const steps = listOf(raw['steps']).map(({ id, kind, says, run, with: given, of, when, within }) => ({
    id, kind, says, run, with: given ?? {}, of: of ?? null, when: when ?? null, withinMs: toMs(String(within ?? defaultWithin)),
  }));
  return { id: raw['id'], title: raw['title'], owner: raw['owner'], file, params: Object.fromEntries(params), steps };
}

export function renderRunbooks(runbooks: readonly Json[]): string {
  return [`import type { RunbookDeclaration } from '../runbook';`, '', `export const runbooks: readonly RunbookDeclaration[] = ${JSON.stringify(runbooks, undefined, 2)};`, ''].join('\n');
}

/** X6: the change rules of a contract as SQL for the announcing statement. Names of fields are the contract's, checked by its lint. */
import type { ChangeRule } from '@steward/contracts';

/** Within this time many small steps are one big one, whatever way they came: polls, webhooks, full passes, restarts. */
export const guardWindowMs = 3_600_000;

export const windowStart = (now: Date): Date => new Date(now.getTime() - guardWindowMs);

/** A rule with what it is called in tables and metrics. */
export type NamedRule = ChangeRule & { readonly name: string };

export const named = (rule: ChangeRule): NamedRule => ({ ...rule, name: `${rule.field}-${rule.when}` });

export function describeRule(rule: ChangeRule): string {
  const what = rule.when === 'moves' ? `moves by more than ${percent(rule.by)}` : { zero: 'falls to 0', differs: 'becomes another' }[rule.when];
  return `${rule.field} ${what}; accepted within an hour: ${rule.max} keys, or ${percent(rule.ratio)} of all`;
}

const percent = (share: number): string => `${Number((share * 100).toPrecision(6))} %`;

/** SQL expressions: JSON of what is announced and of what was an hour ago, and the text of a field that would be announced. */
interface Sources {
  readonly was: string;
  readonly base: string;
  readonly becomes: (field: string) => string;
}

/** Which rule a change breaks, counted from 0; null when none. */
export function suspicion(rules: readonly ChangeRule[], sources: Sources): string {
  const broken = rules.map((rule, index) => `when ${breaks(rule, sources)} then ${index}`);
  return `case ${broken.join(' ')} end`;
}

// Compared with nothing (a new key, a tombstone) each of them is null, which is not true: an import is never suspicious. Each
// extraction parses its JSON, so each value is taken once where that is possible; from 0 nothing moves by a share.
function breaks(rule: ChangeRule, { was, base, becomes }: Sources): string {
  const field = literal(rule.field);
  const value = becomes(rule.field);
  if (rule.when === 'zero') return `${value}::float8 <= 0 and (${was}->>${field})::float8 > 0`;
  if (rule.when === 'moves') return `abs(${value}::float8 / nullif((${base}->>${field})::float8, 0) - 1) > ${rule.by}`;
  return `${value} <> ${base}->>${field}`;
}

/**
 * What an hour ago was is kept beside what is announced, for rules that compare with it. From one change to the next would not do:
 * a price halved every minute would never move by more than half; and the way back would be as suspicious as the way there.
 */
export const compares = ({ when }: ChangeRule): boolean => when !== 'zero';

/** Each once. */
export const fieldsOf = (rules: readonly ChangeRule[]): string[] => [...new Set(rules.map(({ field }) => field))];

export const jsonOf = (row: string, fields: readonly string[]): string => `json_build_object(${fields.map((field) => `${literal(field)}, ${row}->${literal(field)}`).join(', ')})`;

const literal = (text: string): string => `'${text.replaceAll("'", "''")}'`;

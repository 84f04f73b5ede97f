import { refused } from '../api/input';
import type { Term } from './grammar';

/** What a list can be asked by. `sql` is ours, never a caller's text. */
export type Field =
  /** `whole` = as a parameter of its own a value may hold commas, and is one. */
  | { readonly kind: 'text'; readonly sql: string; readonly values?: readonly string[]; readonly whole?: true }
  | { readonly kind: 'number'; readonly sql: string }
  /** How long ago an instant is. */
  | { readonly kind: 'age'; readonly sql: string }
  | { readonly kind: 'flag'; readonly sql: string };

export interface Fields {
  readonly [name: string]: Field;
}

const units: Readonly<Record<string, number>> = { s: 1, m: 60, h: 3_600, d: 86_400 };

/** A condition of SQL; what it compares with is added to `parameters`. `words` are the columns that words are looked for in. */
export function whereOf(terms: readonly Term[], fields: Fields, words: readonly string[], parameters: unknown[]): string {
  const conditions = terms.map((term) => {
    const condition = conditionOf(term, fields, words, parameters);
    // What has no value is not what is asked for, and so is what is asked for turned round.
    return term.negated ? `(${condition}) is not true` : condition;
  });
  return conditions.length === 0 ? 'true' : conditions.map((condition) => `(${condition})`).join(' and ');
}

function conditionOf({ field: name, operator, values }: Term, fields: Fields, words: readonly string[], parameters: unknown[]): string {
  const parameter = (value: unknown): string => `$${String(parameters.push(value))}`;
  if (name === null) {
    const pattern = parameter(`%${values.join(',').replaceAll(/[\\%_]/g, String.raw`\$&`)}%`);
    return words.map((column) => `${column} ilike ${pattern}`).join(' or ');
  }
  const field = Object.hasOwn(fields, name) ? fields[name] : undefined;
  if (field === undefined) throw refused('/q', `knows no field ${name}`, `fields: ${Object.keys(fields).join(', ')}`);
  if (values.length === 0) throw refused(`/${name}`, 'is empty', 'a value');
  const [first = ''] = values;
  switch (field.kind) {
    case 'text': {
      if (operator !== ':') throw refused('/q', `compares ${name} with ${operator}`, `${name}:value`);
      const unknown = values.find((value) => field.values !== undefined && !field.values.includes(value));
      if (unknown !== undefined) throw refused(`/${name}`, `is "${unknown.slice(0, 50)}"`, field.values?.join(', ') ?? '');
      return `${field.sql} = any(${parameter(values)}::text[])`;
    }
    case 'number': {
      if (values.length > 1 || !/^[0-9]{1,15}$/.test(first)) throw refused('/q', `compares ${name} with "${first.slice(0, 50)}"`, `${name}:5, ${name}>5 or ${name}<5`);
      return `${field.sql} ${operator === ':' ? '=' : operator} ${parameter(Number(first))}::bigint`;
    }
    case 'age': {
      const [, count, unit = ''] = /^([1-9][0-9]{0,5})([smhd])$/.exec(first) ?? [];
      if (values.length > 1 || count === undefined || operator === ':') throw refused('/q', `compares ${name} with "${first.slice(0, 50)}"`, `${name}>2h or ${name}<15m; units: s, m, h, d`);
      return `${field.sql} ${operator === '>' ? '<' : '>'} now() - make_interval(secs => ${parameter(Number(count) * (units[unit] ?? 1))}::float8)`;
    }
    case 'flag': {
      if (operator !== ':' || values.length > 1 || !['true', 'false'].includes(first)) throw refused('/q', `compares ${name} with "${first.slice(0, 50)}"`, `${name}:true or ${name}:false`);
      return first === 'true' ? field.sql : `not (${field.sql})`;
    }
  }
}

/**
 * The one grammar of filters: console, CLI and API take the same text.
 *
 *   state:open,regressed owner:"Order desk" -class:transient open>100 age>2h "no price"
 *
 * A term is `field:value[,value]`, `field>value`, `field<value` or words to be found; `-` in front turns it round. All terms must hold.
 * Ages are durations: 30s, 15m, 2h, 7d.
 */
import { refused } from '../api/input';

export interface Term {
  /** null = words. */
  readonly field: string | null;
  readonly operator: ':' | '>' | '<';
  readonly values: readonly string[];
  readonly negated: boolean;
}

const MOST_CHARACTERS = 1_000;
const MOST_TERMS = 30;

const value = String.raw`(?:"(?:[^"\\]|\\.)*"|[^\s,":<>]+)`;
const term = new RegExp(String.raw`(-)?(?:([A-Za-z][A-Za-z-]*)([:<>])(${value}(?:,${value})*)|(${value}))(?=\s|$)`, 'y');

export function parseQuery(text: string): Term[] {
  if (text.length > MOST_CHARACTERS || text.includes('\0')) throw refused('/q', 'is too long', `at most ${String(MOST_CHARACTERS)} characters`);
  const terms: Term[] = [];
  for (let at = skipSpace(text, 0); at < text.length; at = skipSpace(text, at)) {
    term.lastIndex = at;
    const found = term.exec(text);
    if (found === null) throw refused('/q', `can not be read from "${text.slice(at, at + 30)}" on`, 'field:value, field>value, field<value, words, "quoted words"; - in front turns one round');
    const [whole, minus, field, operator, values, words] = found;
    terms.push({ field: field ?? null, operator: (operator as Term['operator'] | undefined) ?? ':', values: valuesOf(values ?? words ?? ''), negated: minus !== undefined });
    at += whole.length;
  }
  if (terms.length > MOST_TERMS) throw refused('/q', `has ${String(terms.length)} terms`, `at most ${String(MOST_TERMS)}`);
  return terms;
}

function skipSpace(text: string, at: number): number {
  while (at < text.length && /\s/.test(text[at] ?? '')) at += 1;
  return at;
}

function valuesOf(text: string): string[] {
  return [...text.matchAll(new RegExp(value, 'g'))].map(([each]) => (each.startsWith('"') ? each.slice(1, -1).replaceAll(/\\(.)/g, '$1') : each));
}

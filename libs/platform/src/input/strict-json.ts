/**
 * JSON where money hangs on it. JSON.parse would take the last of two equal keys, round what no double can hold, and read 1.0 as 1: two
 * programs that look at the same body could then see two different orders. Each fault names its place (RFC 6901).
 */
export type JsonValue = string | number | boolean | null | JsonValue[] | { [name: string]: JsonValue };

export type Parsed = { readonly ok: true; readonly value: JsonValue } | { readonly ok: false; readonly fault: JsonFault };

export interface JsonFault {
  /** `malformed` is no JSON at all; `refused` is JSON that we don't take. */
  readonly kind: 'malformed' | 'refused';
  readonly pointer: string;
  readonly detail: string;
  readonly accepted: string;
}

/** Bodies of ours are four deep; the parser is recursive. */
const DEEPEST = 16;

/** Parses JSON strictly; never throws for bad input: `fault` names the place and the reason. */
export function parseStrictJson(text: string): Parsed {
  const parser = new Parser(text);
  try {
    return { ok: true, value: parser.whole() };
  } catch (error) {
    if (error instanceof Refusal) return { ok: false, fault: error.fault };
    throw error;
  }
}

class Refusal extends Error {
  constructor(readonly fault: JsonFault) {
    super(fault.detail);
  }
}

const space = /[ \t\n\r]*/y;
const number = /-?(?:0|[1-9][0-9]*)(?:\.[0-9]+)?(?:[eE][+-]?[0-9]+)?/y;
const string = /"(?:[^"\\\u0000-\u001f]|\\(?:["\\/bfnrt]|u[0-9a-fA-F]{4}))*"/y;
const word = /true|false|null/y;
const words = { true: true, false: false, null: null } as const;

class Parser {
  private at = 0;

  constructor(private readonly text: string) {}

  whole(): JsonValue {
    this.take(space);
    const value = this.value('', 0);
    this.take(space);
    if (this.at < this.text.length) this.malformed();
    return value;
  }

  private value(pointer: string, depth: number): JsonValue {
    if (depth > DEEPEST) this.refuse(pointer, 'is nested too deep', `at most ${String(DEEPEST)} levels`);
    const first = this.text[this.at];
    if (first === '{') return this.object(pointer, depth);
    if (first === '[') return this.array(pointer, depth);
    if (first === '"') return this.string();
    const literal = this.take(word);
    if (literal !== undefined) return words[literal as keyof typeof words];
    return this.number(pointer);
  }

  private object(pointer: string, depth: number): JsonValue {
    const members: { [name: string]: JsonValue } = {};
    this.at += 1;
    this.take(space);
    if (this.skip('}')) return members;
    do {
      this.take(space);
      const name = this.string();
      const place = `${pointer}/${name.replaceAll('~', '~0').replaceAll('/', '~1')}`;
      if (name === '__proto__') this.refuse(place, 'is no field', 'other names than __proto__');
      if (Object.hasOwn(members, name)) this.refuse(place, 'is given twice', 'each field once');
      this.take(space);
      this.expect(':');
      this.take(space);
      members[name] = this.value(place, depth + 1);
      this.take(space);
    } while (this.skip(','));
    this.expect('}');
    return members;
  }

  private array(pointer: string, depth: number): JsonValue {
    const items: JsonValue[] = [];
    this.at += 1;
    this.take(space);
    if (this.skip(']')) return items;
    do {
      this.take(space);
      items.push(this.value(`${pointer}/${String(items.length)}`, depth + 1));
      this.take(space);
    } while (this.skip(','));
    this.expect(']');
    return items;
  }

  private string(): string {
    const found = this.take(string);
    if (found === undefined) return this.malformed();
    const value = found.includes('\\') ? (JSON.parse(found) as string) : found.slice(1, -1);
    // PostgreSQL's text holds neither.
    if (value.includes('\0') || !value.isWellFormed()) this.refuse('', 'a text holds NUL or half a surrogate pair', 'Unicode text without NUL');
    return value;
  }

  private number(pointer: string): number {
    const found = this.take(number);
    if (found === undefined) return this.malformed();
    if (!/^-?[0-9]+$/.test(found)) this.refuse(pointer, `${found.slice(0, 40)} is no integer`, 'an integer, written without point and exponent');
    const value = Number(found);
    if (!Number.isSafeInteger(value)) this.refuse(pointer, `${found.slice(0, 40)} is larger than a number can hold exactly`, 'an integer from -9007199254740991 to 9007199254740991');
    return value;
  }

  private take(pattern: RegExp): string | undefined {
    pattern.lastIndex = this.at;
    const found = pattern.exec(this.text)?.[0];
    if (found !== undefined) this.at += found.length;
    return found;
  }

  private skip(character: string): boolean {
    if (this.text[this.at] !== character) return false;
    this.at += 1;
    return true;
  }

  private expect(character: string): void {
    if (!this.skip(character)) this.malformed();
  }

  private malformed(): never {
    throw new Refusal({ kind: 'malformed', pointer: '', detail: `no JSON from character ${String(this.at + 1)} on`, accepted: 'one JSON value' });
  }

  private refuse(pointer: string, detail: string, accepted: string): never {
    throw new Refusal({ kind: 'refused', pointer, detail, accepted });
  }
}

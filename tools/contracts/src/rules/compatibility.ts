// FULL_TRANSITIVE: within a major every producer ever published is understood by every consumer ever published, in both directions.
// So one question is asked per pair of versions, twice: does the reader's open schema accept everything that the writer's closed
// schema can produce? What can't be decided (another pattern) counts as a break.
import { toPointer } from '../fault';
import { isStruct, resolve, type Schema, typesOf } from '../model';

/** What a break goes against; docs/how-to/change-a-contract.md explains each. */
type Rule = 'type' | 'closed-enum' | 'bound' | 'pattern' | 'format' | 'unique-items' | 'struct-or-map' | 'required' | 'property-names';

interface Break {
  readonly rule: Rule;
  readonly pointer: string;
  readonly message: string;
  readonly accepted: string;
}

interface Side {
  readonly root: Schema;
  /** How this version is called in messages. */
  readonly name: string;
}

/** What the reader may refuse of what the writer may say. */
export function unreadable(reader: Side, writer: Side): readonly Break[] {
  return compare(reader.root, writer.root, '', reader, writer);
}

function compare(readerNode: Schema, writerNode: Schema, pointer: string, reader: Side, writer: Side): readonly Break[] {
  const reads = resolve(readerNode, reader.root);
  const writes = resolve(writerNode, writer.root);
  const breaks: Break[] = [];
  const say = (rule: Rule, message: string, accepted: string): void => void breaks.push({ rule, pointer, message, accepted });
  const readable = typesOf(reads);
  const foreign = typesOf(writes).filter((type) => !readable.includes(type) && !(type === 'integer' && readable.includes('number')));
  if (foreign.length > 0) {
    say('type', `${writer.name} may send ${foreign.join(', ')}, ${reader.name} reads ${readable.join(', ')}`, readable.join(', '));
    return breaks;
  }
  breaks.push(...compareEnum(reads, writes, pointer, reader, writer));
  for (const [keyword, isWider] of bounds) {
    const read = reads[keyword] as number | undefined;
    const written = writes[keyword] as number | undefined;
    if (read === undefined || !appliesTo(keyword, typesOf(writes))) continue;
    if (written === undefined || !isWider(read, written)) say('bound', `${keyword} ${written ?? 'none'} of ${writer.name} is wider than ${read} of ${reader.name}`, `${keyword} ${read}`);
  }
  for (const keyword of ['pattern', 'format', 'uniqueItems'] as const) {
    if (reads[keyword] !== undefined && reads[keyword] !== writes[keyword] && appliesTo(keyword, typesOf(writes))) {
      say(keyword === 'uniqueItems' ? 'unique-items' : keyword, `${keyword} ${JSON.stringify(writes[keyword] ?? 'none')} of ${writer.name} is not ${JSON.stringify(reads[keyword])} of ${reader.name}`, JSON.stringify(reads[keyword]));
    }
  }
  breaks.push(...compareObject(reads, writes, pointer, reader, writer));
  if (reads.items && writes.items) breaks.push(...compare(reads.items, writes.items, pointer + toPointer('items'), reader, writer));
  return breaks;
}

function compareEnum(reads: Schema, writes: Schema, pointer: string, reader: Side, writer: Side): readonly Break[] {
  // The reader of an open enum takes every text (C9).
  if (reads.enum === undefined || reads['x-enum'] === 'open') return [];
  const values = reads.enum;
  // A writer's open enum may have grown in a version that this one doesn't know.
  const unknown = writes.enum === undefined || writes['x-enum'] === 'open' ? ['any text'] : writes.enum.filter((value) => !values.includes(value));
  if (unknown.length === 0) return [];
  return [{ rule: 'closed-enum', pointer, message: `${writer.name} may send ${unknown.map(String).join(', ')}, unknown to the closed enum of ${reader.name}`, accepted: values.map(String).join(', ') }];
}

const bounds: readonly (readonly [string, (read: number, written: number) => boolean])[] = [
  ...['minLength', 'minItems', 'minProperties', 'minimum'].map((keyword) => [keyword, (read: number, written: number) => read <= written] as const),
  ...['maxLength', 'maxItems', 'maxProperties', 'maximum'].map((keyword) => [keyword, (read: number, written: number) => read >= written] as const),
  ['multipleOf', (read, written) => Number.isInteger(written / read)],
];

const appliesOnlyTo: Readonly<Record<string, readonly string[]>> = {
  minLength: ['string'],
  maxLength: ['string'],
  pattern: ['string'],
  format: ['string'],
  minItems: ['array'],
  maxItems: ['array'],
  uniqueItems: ['array'],
  minProperties: ['object'],
  maxProperties: ['object'],
  minimum: ['integer', 'number'],
  maximum: ['integer', 'number'],
  multipleOf: ['integer', 'number'],
};

function appliesTo(keyword: string, types: readonly string[]): boolean {
  return types.some((type) => appliesOnlyTo[keyword]?.includes(type));
}

function compareObject(reads: Schema, writes: Schema, pointer: string, reader: Side, writer: Side): readonly Break[] {
  const breaks: Break[] = [];
  const say = (rule: Rule, place: string, message: string, accepted: string): void => void breaks.push({ rule, pointer: pointer + place, message, accepted });
  if (!typesOf(writes).includes('object')) return [];
  if (isStruct(reads) !== isStruct(writes)) {
    say('struct-or-map', '', `a struct in one of ${writer.name} and ${reader.name}, a map in the other`, isStruct(reads) ? 'a struct' : 'a map');
    return breaks;
  }
  for (const name of reads.required ?? []) {
    if (!(writes.required ?? []).includes(name)) say('required', toPointer('properties', name), `${reader.name} requires "${name}", ${writer.name} may leave it out`, `"${name}" in required of every version, or of none`);
  }
  for (const [name, property] of Object.entries(reads.properties ?? {})) {
    const written = writes.properties?.[name];
    if (written) breaks.push(...compare(property, written, pointer + toPointer('properties', name), reader, writer));
  }
  if (reads.additionalProperties && writes.additionalProperties) {
    breaks.push(...compare(reads.additionalProperties, writes.additionalProperties, `${pointer}/additionalProperties`, reader, writer));
  }
  if (reads.propertyNames) {
    if (writes.propertyNames === undefined) say('property-names', '/propertyNames', `${reader.name} restricts the names, ${writer.name} does not`, 'the same propertyNames');
    else breaks.push(...compare(reads.propertyNames, writes.propertyNames, `${pointer}/propertyNames`, reader, writer));
  }
  return breaks;
}

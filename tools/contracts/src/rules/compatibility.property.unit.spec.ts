/**
 * The rules held against the validators that really run: where they find nothing between a writer and a reader, every value of the
 * writer's closed schema passes the reader's open one. Asked both ways it is FULL_TRANSITIVE.
 */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import fc from 'fast-check';
import { type Schema, typesOf } from '../model';
import { closed, open } from '../shapes';
import { unreadable } from './compatibility';
import { compile, sent, valuesOf } from './values.spec';

/** Small enough that two of them are often nearly alike. */
const someBound = fc.option(fc.integer({ min: 0, max: 4 }), { nil: undefined });
const bounded = (least: string, most: string): fc.Arbitrary<Schema> =>
  fc.tuple(someBound, someBound).map(([min, more]) => ({ ...(min === undefined ? {} : { [least]: min }), ...(more === undefined ? {} : { [most]: (min ?? 0) + more }) }));
const enumOf = (openness: 'open' | 'closed'): fc.Arbitrary<Schema> =>
  fc.uniqueArray(fc.constantFrom('a', 'b', 'c', 'd'), { minLength: 1 }).map((values) => ({ type: 'string', enum: values, 'x-enum': openness, ...(openness === 'open' ? { default: values[0] } : {}) }));

const { struct } = fc.letrec<{ node: Schema; struct: Schema; plain: Schema }>((tie) => ({
  plain: fc.oneof(
    bounded('minLength', 'maxLength').map((rest) => ({ type: 'string', ...rest })),
    fc.constantFrom<Schema>({ type: 'string', pattern: '^[a-z]' }, { type: 'string', pattern: '^.?$' }, { type: 'string', format: 'date-time' }, { type: 'boolean' }, { type: 'integer', multipleOf: 2 }, { type: 'integer', multipleOf: 4 }),
    bounded('minimum', 'maximum').chain((rest) => fc.constantFrom('integer', 'number').map((type) => ({ type, ...rest }))),
    enumOf('open'),
    enumOf('closed'),
    enumOf('closed'),
  ),
  node: fc.oneof(
    { maxDepth: 2, depthSize: 'small' },
    tie('plain'),
    tie('plain').filter((node) => node.enum === undefined).map((node) => ({ ...node, type: [...typesOf(node), 'null'] })),
    fc.tuple(tie('node'), bounded('minItems', 'maxItems'), fc.boolean()).map(([items, rest, unique]) => ({ type: 'array', items, ...rest, ...(unique ? { uniqueItems: true, minItems: 0 } : {}) })),
    fc.tuple(tie('node'), bounded('minProperties', 'maxProperties')).map(([additionalProperties, rest]) => ({ type: 'object', additionalProperties, ...rest })),
    tie('struct'),
  ),
  struct: fc.tuple(fc.dictionary(fc.constantFrom('a', 'b', 'c'), tie('node'), { minKeys: 1, maxKeys: 3, noNullPrototype: true }), fc.subarray(['a', 'b', 'c'])).map(([properties, required]) => ({
    type: 'object',
    properties,
    required: required.filter((name) => properties[name] !== undefined),
  })),
}));

/** A second version: a few of its fields are those of another schema, so that most pairs differ a little and many get along. */
const pairs = fc.tuple(struct, struct, fc.subarray(['a', 'b', 'c']), fc.boolean()).map(([before, other, changed, sameRequired]): [Schema, Schema] => {
  const kept = Object.entries(before.properties ?? {}).filter(([name]) => !changed.includes(name));
  const properties: Record<string, Schema> = Object.fromEntries([...kept, ...Object.entries(other.properties ?? {}).filter(([name]) => changed.includes(name))]);
  const required = (sameRequired ? before.required : other.required) ?? [];
  return [before, { type: 'object', properties, required: required.filter((name) => properties[name] !== undefined) }];
});

/** Whether `rules` keep their promise for pairs of versions; returns how many pairs got along, so that nobody proves it of none. */
function holds(rules: typeof unreadable, options: { numRuns: number; endOnFailure?: boolean }): { readonly failed: boolean; readonly message: string; readonly alongs: number } {
  let alongs = 0;
  const property = fc.property(pairs, fc.gen(), ([one, two], values) => {
    for (const [writer, reader] of [[one, two], [two, one]] as const) {
      if (rules({ root: reader, name: 'reader' }, { root: writer, name: 'writer' }).length > 0) continue;
      alongs += 1;
      const [writes, reads] = [compile(closed(writer)), compile(open(reader))];
      for (let turn = 0; turn < 3; turn += 1) {
        const value = sent(values(valuesOf, writer, writer));
        // Items that differ in the order of their fields only are no set.
        if (writes(value) && !reads(value)) throw new Error(`${JSON.stringify(value)} of ${JSON.stringify(writer)} is refused by ${JSON.stringify(reader)}: ${JSON.stringify(reads.errors)}`);
      }
    }
  });
  const report = fc.check(property, options);
  return { failed: report.failed, message: report.failed ? fc.defaultReportMessage(report) ?? 'failed' : '', alongs };
}

describe('the rules of compatibility', () => {
  it('find every break: where they say nothing, what one version writes the other one reads, both ways', () => {
    const { message, alongs } = holds(unreadable, { numRuns: 250 });
    expect(message).toBe('');
    expect(alongs).toBeGreaterThan(100);
  });

  it('T3: are found out when they overlook a rule', () => {
    for (const overlooked of ['required', 'type', 'closed-enum']) {
      const blind: typeof unreadable = (reader, writer) => unreadable(reader, writer).filter(({ rule }) => rule !== overlooked);
      expect([overlooked, holds(blind, { numRuns: 5_000, endOnFailure: true }).failed]).toEqual([overlooked, true]);
    }
  });
});

describe('every published release of every contract', () => {
  const contracts = join(__dirname, '../../../../contracts');
  const releases = readdirSync(join(contracts, 'published'), { recursive: true, encoding: 'utf8' }).filter((name) => name.endsWith('.json'));

  it.each(releases)('%s is read by the consumers of today, and reads the producers of today', (release) => {
    const [entity = '', major = ''] = release.split(/[\\/]/);
    const before = (JSON.parse(readFileSync(join(contracts, 'published', release), 'utf8')) as { schema: Schema }).schema;
    const now = JSON.parse(readFileSync(join(contracts, entity, `${major}.schema.json`), 'utf8')) as Schema;
    for (const [writer, reader] of [[before, now], [now, before]] as const) {
      const [writes, reads] = [compile(closed(writer)), compile(open(reader))];
      fc.assert(
        fc.property(valuesOf(writer, writer).map(sent), (value) => {
          expect([writes(value), writes.errors]).toEqual([true, null]);
          expect([reads(value), reads.errors]).toEqual([true, null]);
        }),
        { numRuns: 50 },
      );
    }
  });
});

import type { Schema } from '../model';
import { unreadable } from './compatibility';

const struct = (properties: Record<string, Schema>, required: readonly string[] = Object.keys(properties)): Schema => ({ type: 'object', properties, required });
const base = struct({ id: { type: 'string', minLength: 1, maxLength: 10 }, count: { type: 'integer', minimum: 0, maximum: 5 } });

/** Breaks in both directions, as the check asks them. */
function breaks(before: Schema, after: Schema): readonly string[] {
  const old = { root: before, name: 'old' };
  const now = { root: after, name: 'new' };
  return [...unreadable(now, old), ...unreadable(old, now)].map(({ pointer }) => pointer);
}

const withCount = (count: Schema): Schema => struct({ ...base.properties, count });
const withExtra = (extra: Schema, required = false): Schema => struct({ ...base.properties, extra }, ['id', 'count', ...(required ? ['extra'] : [])]);
const closedEnum = (...values: string[]): Schema => ({ type: 'string', enum: values, 'x-enum': 'closed' });
const openEnum = (...values: string[]): Schema => ({ type: 'string', enum: values, 'x-enum': 'open', default: values[0] });

describe('compatibility within a major', () => {
  it.each<[string, Schema, Schema]>([
    ['the same schema', base, base],
    ['a new optional field', base, withExtra({ type: ['string', 'null'] })],
    ['an optional field that goes', withExtra({ type: ['string', 'null'] }), base],
    ['a further value of an open enum', withExtra(openEnum('a', 'b')), withExtra(openEnum('a', 'b', 'c'))],
    ['a definition instead of the same words in place', base, { ...withCount({ $ref: '#/$defs/count' }), $defs: { count: { type: 'integer', minimum: 0, maximum: 5 } } }],
    ['other descriptions', base, { ...base, description: 'said better' }],
  ])('bears %s', (_what, before, after) => {
    expect(breaks(before, after)).toEqual([]);
  });

  it.each<[string, Schema, Schema, string]>([
    ['a new required field', base, withExtra({ type: 'string' }, true), '/properties/extra'],
    ['a required field that goes', withExtra({ type: 'string' }, true), base, '/properties/extra'],
    ['a required field that becomes optional', withExtra({ type: 'string' }, true), withExtra({ type: 'string' }), '/properties/extra'],
    ['another type', base, withCount({ type: 'string' }), '/properties/count'],
    ['a wider type', base, withCount({ type: 'number', minimum: 0, maximum: 5 }), '/properties/count'],
    ['null where there was none', base, withCount({ type: ['integer', 'null'], minimum: 0, maximum: 5 }), '/properties/count'],
    ['narrowed bounds', base, withCount({ type: 'integer', minimum: 1, maximum: 5 }), '/properties/count'],
    ['widened bounds', base, withCount({ type: 'integer', minimum: 0, maximum: 6 }), '/properties/count'],
    ['a bound that was none', struct({ id: { type: 'string' } }), struct({ id: { type: 'string', maxLength: 3 } }), '/properties/id'],
    ['a new value of a closed enum', withExtra(closedEnum('a')), withExtra(closedEnum('a', 'b')), '/properties/extra'],
    ['a lost value of a closed enum', withExtra(closedEnum('a', 'b')), withExtra(closedEnum('a')), '/properties/extra'],
    ['an open enum that closes', withExtra(openEnum('a')), withExtra(closedEnum('a')), '/properties/extra'],
    ['a closed enum that opens', withExtra(closedEnum('a')), withExtra(openEnum('a')), '/properties/extra'],
    ['another pattern', struct({ id: { type: 'string', pattern: '^a' } }), struct({ id: { type: 'string', pattern: '^b' } }), '/properties/id'],
    ['another format', struct({ at: { type: 'string' } }), struct({ at: { type: 'string', format: 'date' } }), '/properties/at'],
    ['a map that becomes a struct', struct({ m: { type: 'object', additionalProperties: { type: 'string' } } }), struct({ m: struct({ a: { type: 'string' } }) }), '/properties/m'],
    ['other values of a map', struct({ m: { type: 'object', additionalProperties: { type: 'string' } } }), struct({ m: { type: 'object', additionalProperties: { type: 'integer' } } }), '/properties/m/additionalProperties'],
    ['restricted names of a map', struct({ m: { type: 'object', additionalProperties: { type: 'string' } } }), struct({ m: { type: 'object', additionalProperties: { type: 'string' }, propertyNames: { type: 'string', pattern: '^a' } } }), '/properties/m/propertyNames'],
    ['other items', struct({ l: { type: 'array', items: { type: 'string' } } }), struct({ l: { type: 'array', items: { type: 'boolean' } } }), '/properties/l/items'],
    ['uniqueness that was none', struct({ l: { type: 'array', items: { type: 'string' } } }), struct({ l: { type: 'array', uniqueItems: true, items: { type: 'string' } } }), '/properties/l'],
    ['a coarser multiple', withCount({ type: 'integer', multipleOf: 2 }), withCount({ type: 'integer', multipleOf: 4 }), '/properties/count'],
  ])('refuses %s', (_what, before, after, pointer) => {
    expect(new Set(breaks(before, after))).toEqual(new Set([pointer]));
  });
});

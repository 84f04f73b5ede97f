import fc from 'fast-check';
import { parseStrictJson } from './strict-json';

const faultOf = (text: string) => {
  const parsed = parseStrictJson(text);
  return parsed.ok ? parsed.value : [parsed.fault.kind, parsed.fault.pointer];
};

describe('strict JSON', () => {
  it.each([
    ['{"a":1,"a":1}', '/a'],
    ['{"a":{"b":[{"c":1,"c":2}]}}', '/a/b/0/c'],
    ['{"a":1,"\\u0061":2}', '/a'],
    ['{"__proto__":{"admin":true}}', '/__proto__'],
    ['{"a":{"\\u005f_proto__":1}}', '/a/__proto__'],
    ['[9007199254740992]', '/0'],
    ['{"quantity":1.0}', '/quantity'],
    ['{"quantity":1e3}', '/quantity'],
    ['{"a/b~c":0.5}', '/a~1b~0c'],
    ['["a\\u0000b"]', ''],
    ['["\\ud800"]', ''],
    [`${'['.repeat(50)}1${']'.repeat(50)}`, '/0'.repeat(17)],
  ])('refuses %s at its place', (text, pointer) => {
    expect(faultOf(text)).toEqual(['refused', pointer]);
  });

  it.each(['', ' ', '{', '[1,]', '{"a":1,}', '{a:1}', "{'a':1}", '01', '+1', '.5', '1.', 'NaN', 'nul', '[1] 2', '"\n"', '"\\x"', '"', '{"a" 1}', '[1 2]', '-', '{"a":1}{}'])('calls %s no JSON', (text) => {
    expect(faultOf(text)).toEqual(['malformed', '']);
    expect(() => JSON.parse(text) as unknown).toThrow();
  });

  it('reads everything else as JSON.parse does', () => {
    const text = fc.string({ unit: 'grapheme', maxLength: 8 }).filter((each) => !each.includes('\0') && each !== '__proto__');
    const { value } = fc.letrec((tie) => ({
      value: fc.oneof({ depthSize: 'small', withCrossShrink: true }, text, fc.maxSafeInteger(), fc.boolean(), fc.constant(null), fc.array(tie('value'), { maxLength: 4 }), fc.dictionary(text, tie('value'), { maxKeys: 4 })),
    }));
    fc.assert(
      fc.property(fc.jsonValue({ maxDepth: 0 }).chain(() => value), fc.constantFrom(undefined, 2, '\t'), (given, indent) => {
        const written = JSON.stringify(given, undefined, indent);
        expect(parseStrictJson(written)).toEqual({ ok: true, value: JSON.parse(written) as unknown });
      }),
    );
  });
});

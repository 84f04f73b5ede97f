import { provers, renderPromises, rulesIn, unproven } from './promises';
import { titlesIn } from './spec-titles';

const page = `# Correctness

## Invariants (checked after every fault test)

I1 no committed fact is lost · I2 no effect is applied
twice · I5 a message lies in one place.

What holds them is O7 and more.

## O. Outbox

- O1 The row and the message commit together.
  Always.
- O10 Another, see [there](adr/0001.md), [here](#o-outbox), [far](https://example.com).

- C5b Gapless.
`;
const spec = `
describe('O1: the outbox', () => {
  it.each([['a', 1], ['b', 2]])('I1, I2: %s', () => undefined);
  it(\`\${name} keeps I5, in time\`, () => undefined);
  it.skip('C5b is not run', () => undefined);
  log('O10 is no title');
});`;

describe('what is promised', () => {
  const rules = rulesIn(page);
  const titles = titlesIn('a.spec.ts', spec);

  it('is every rule of the page, with its text in one line', () => {
    expect(rules.map(({ id, text }) => `${id} ${text}`)).toEqual([
      'I1 no committed fact is lost', 'I2 no effect is applied twice', 'I5 a message lies in one place.', 'O1 The row and the message commit together. Always.', 'O10 Another, see [there](adr/0001.md), [here](#o-outbox), [far](https://example.com).', 'C5b Gapless.',
    ]);
  });

  it('is proved by the tests whose titles name it, O1 not by O10', () => {
    expect(rules.map((rule) => provers(rule, titles).map(({ title }) => title))).toEqual([['I1, I2: %s'], ['I1, I2: %s'], ['… keeps I5, in time'], ['O1: the outbox'], [], []]);
    expect(renderPromises(rules, titles)).toContain('[there](../adr/0001.md), [here](../correctness.md#o-outbox), [far](https://example.com)');
    expect(renderPromises(rules, titles)).toMatch(/### I5\n\na message lies in one place\.\n\n- … keeps I5, in time — `a\.spec\.ts`/);
  });

  it('is named where no test that runs proves it', () => {
    expect(unproven(rules, titles)).toEqual(['O10', 'C5b']);
  });
});

// Which tests hold which rule: the rules of docs/correctness.md, and the titles of specs that name them.
import { code, words } from './markdown-table';

interface Rule {
  readonly id: string;
  readonly section: string;
  readonly text: string;
}

export interface Title {
  readonly file: string;
  readonly title: string;
}

/** Invariants stand in one paragraph, `I1 … · I2 …`; every other rule is an item of a list, `- O7 …`. */
export function rulesIn(page: string): readonly Rule[] {
  return page.split(/^## /m).slice(1).flatMap((part) => {
    const [section = '', ...lines] = part.split('\n');
    const paragraphs = lines.join('\n').split(/\n\s*\n|\n(?=- )/).map((each) => each.replaceAll(/\s*\n\s*/g, ' ').trim());
    return paragraphs.flatMap((paragraph) => {
      const [, id, text = ''] = /^- ([A-Z]\d+b?) (.*)$/.exec(paragraph) ?? [];
      if (id !== undefined) return [{ id, section, text }];
      if (!/^I1 /.test(paragraph)) return [];
      return paragraph.split(' · ').flatMap((invariant) => {
        const [, name = '', says = ''] = /^(I\d+) (.*)$/.exec(invariant) ?? [];
        return name === '' ? [] : [{ id: name, section, text: says }];
      });
    });
  });
}

/** `O7`, `I2, T1:`, `(S4)`: wherever a title names the rule as a word. */
export const provers = ({ id }: Rule, titles: readonly Title[]): readonly Title[] => titles.filter(({ title }) => new RegExp(`\\b${id}\\b`).test(title));

export const unproven = (rules: readonly Rule[], titles: readonly Title[]): readonly string[] => rules.filter((rule) => provers(rule, titles).length === 0).map(({ id }) => id);

/** Links as they are written in docs/correctness.md, seen from a folder below. */
const fromBelow = (text: string): string => text.replaceAll('](#', '](correctness.md#').replaceAll(/\]\((?![a-z]+:|\/)/g, '](../');

export function renderPromises(rules: readonly Rule[], titles: readonly Title[]): string {
  const sections = [...new Set(rules.map(({ section }) => section))];
  return [
    '# What is promised, and how it is tested',
    '',
    'Every rule that makes the line lose nothing, and the tests that carry its number in their names. They run on a real PostgreSQL and a real',
    'nats-server. A rule without a test fails the build of this page. What is **not** promised has [a page of its own](../not-promised.md); what each',
    'entity promises is on the page of [its contract](../contracts.md); where each rule is enforced says [correctness](../correctness.md#where-to-find-them);',
    'what attackers can’t do, and the test that says so, is on the page about [security](../security.md).',
    '',
    ...sections.flatMap((section) => [
      `## ${section}`,
      '',
      ...rules.filter((rule) => rule.section === section).flatMap((rule) => [
        `### ${rule.id}`,
        '',
        words(fromBelow(rule.text)),
        '',
        ...provers(rule, titles).map(({ file, title }) => `- ${words(title)} — ${code(file)}`),
        '',
      ]),
    ]),
  ].join('\n');
}

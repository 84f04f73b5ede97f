import { commands } from '@steward/cli';
import { code, table, words } from './markdown-table';

/** The commands of `npx steward`, as its help has them. */
export function renderCommands(): string {
  const name = ({ noun, verb, args }: (typeof commands)[number]): string => ['steward', noun, verb, args].filter((part) => part !== null && part !== undefined).join(' ');
  return [
    '# Commands of the desk',
    '',
    'What acts takes `--reason` and `--dry-run`; `-o json` prints what the API answers. [Operate](../how-to/operate.md) says how to get in.',
    '',
    ...table(['command', 'acts', 'what it does', 'options'], commands.map((each) => [code(name(each)), each.acts === true ? 'yes' : 'no', words(each.summary), (each.options ?? []).map(([flags, says]) => `${code(flags)} ${words(says)}`).join('; ')])),
  ].join('\n');
}

// The first page of a folder whose pages are a plain list. On a forge the folder itself is that list.
import { globSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const titled = (docs: string, folder: string): readonly { readonly name: string; readonly title: string; readonly text: string }[] =>
  globSync('*.md', { cwd: join(docs, folder) }).filter((name) => name !== 'index.md').toSorted().map((name) => {
    const text = readFileSync(join(docs, folder, name), 'utf8');
    return { name, text, title: /^# (.+)$/m.exec(text)?.[1] ?? name };
  });

export function renderDecisions(docs: string): string {
  return ['# Decisions', '', 'What was decided, why, and what was rejected. The latest first.', '', ...titled(docs, 'adr').toReversed().map(({ name, title }) => `- [${title}](${name})`), ''].join('\n');
}

/** Those with a head are carried out by the desk, the others are for reading. */
export function renderRunbooks(docs: string): string {
  const all = titled(docs, 'runbooks');
  const lines = (run: boolean): readonly string[] => all.filter(({ text }) => text.startsWith('---\n') === run).map(({ name, title }) => `- [${title.replace(/^Runbook: /, '')}](${name})`);
  return [
    '# Runbooks',
    '',
    'What to do when it fails. [Jobs and runbooks](../how-to/jobs-and-runbooks.md) says how the desk carries one out.',
    '',
    '## Known trouble, carried out by the desk',
    '',
    '    npx steward runbook list',
    '',
    ...lines(true),
    '',
    '## One for each contract, and others',
    '',
    ...lines(false),
    '',
  ].join('\n');
}

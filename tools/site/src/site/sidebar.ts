// The sidebar, made from the pages themselves: a new page is in it without anybody naming it.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';
import type { DefaultTheme } from 'vitepress';

type Item = DefaultTheme.SidebarItem;

/** The first heading, without marks and without what all of its folder begin with; a page without one is called after its file. */
function titleOf(docs: string, page: string): string {
  const [, heading] = /^# (.+)$/m.exec(readFileSync(join(docs, page), 'utf8')) ?? [];
  return (heading ?? posix.basename(page, '.md')).replaceAll('`', '').replace(/^Runbook: /, '');
}

const itemOf = (docs: string, page: string): Item => ({ text: titleOf(docs, page), link: `/${page.replace(/(index)?\.md$/, '')}` });

const pagesIn = (docs: string, folder: string): string[] =>
  existsSync(join(docs, folder)) ? readdirSync(join(docs, folder)).filter((name) => name.endsWith('.md') && name !== 'index.md').toSorted().map((name) => posix.join(folder, name)) : [];

/** A page of links orders its folder: its second headings are groups, its links their pages; what it does not name comes last. */
function byIndex(docs: string, folder: string): Item[] {
  const index = posix.join(folder, 'index.md');
  const groups: { text: string; items: Item[] }[] = [];
  const named = new Set<string>();
  for (const line of readFileSync(join(docs, index), 'utf8').split('\n')) {
    const [, heading] = /^## (.+)$/.exec(line) ?? [];
    if (heading !== undefined) groups.push({ text: heading, items: [] });
    for (const [, href = ''] of line.matchAll(/\]\(([^)#:]+\.md)\)/g)) {
      const page = posix.normalize(posix.join(folder, href));
      if (named.has(page) || !existsSync(join(docs, page))) continue;
      named.add(page);
      groups.at(-1)?.items.push(itemOf(docs, page));
    }
  }
  const rest = pagesIn(docs, folder).filter((page) => !named.has(page));
  return [...groups, ...(rest.length === 0 ? [] : [{ text: 'More', items: rest.map((page) => itemOf(docs, page)) }])].filter(({ items }) => items.length > 0);
}

/** Folders without such a page are lists, in the order of their names. */
const folders = [
  ['contracts', 'Contracts', 'contracts.md'],
  ['reference', 'Reference', undefined],
  ['runbooks', 'Runbooks', undefined],
  ['adr', 'Decisions', undefined],
] as const;

export function sidebarOf(docs: string): DefaultTheme.SidebarMulti {
  const lists = folders.map(([folder, text, first]) => {
    const pages = [...(first === undefined ? [] : [first]), ...(existsSync(join(docs, folder, 'index.md')) ? [`${folder}/index.md`] : []), ...pagesIn(docs, folder)];
    return [`/${folder}/`, [{ text, items: pages.map((page) => itemOf(docs, page)) }]] as [string, Item[]];
  });
  const start = byIndex(docs, '');
  return { ...Object.fromEntries(lists), '/contracts': lists[0]?.[1] ?? [], '/how-to/': byIndex(docs, 'how-to'), '/': start };
}

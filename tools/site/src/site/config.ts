// What docs/.vitepress/config.mjs hands to VitePress.
import { join } from 'node:path';
import type { DefaultTheme, UserConfig } from 'vitepress';
import { docs, repository } from '../repository';
import { readMarkdown, slugOf } from './markdown';
import { sidebarOf } from './sidebar';

export const config: UserConfig<DefaultTheme.Config> = {
  title: 'Steward',
  description: 'Keeps a shop’s systems of record and its storefront in agreement, under change and partial failure.',
  cacheDir: join(repository, 'node_modules', '.cache', 'vitepress'),
  // A link to a page that is not there ends the build; anchors are looked at afterwards, see checks/anchors.ts.
  ignoreDeadLinks: false,
  markdown: {
    anchor: { slugify: slugOf },
    config: readMarkdown,
  },
  // The index of the search is one chunk and as large as the text.
  vite: { build: { chunkSizeWarningLimit: 4_000, reportCompressedSize: false } },
  themeConfig: {
    outline: [2, 3],
    search: { provider: 'local' },
    nav: [
      { text: 'Start', link: '/start' },
      { text: 'Concepts', link: '/concepts' },
      { text: 'How to', link: '/how-to/' },
      { text: 'Contracts', link: '/contracts' },
      { text: 'Runbooks', link: '/runbooks/' },
      { text: 'Reference', link: '/reference/' },
      { text: 'Promises', link: '/reference/promises' },
    ],
    sidebar: sidebarOf(docs),
  },
};

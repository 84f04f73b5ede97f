import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { leavesDocs, slugOf } from './markdown';
import { sidebarOf } from './sidebar';

describe('the sidebar', () => {
  const docs = mkdtempSync(join(tmpdir(), 'steward-docs-'));
  const pages = {
    'index.md': '# Home\n\n## Begin\n\n- [Start](start.md)\n- [gone](gone.md)\n',
    'start.md': '# Start `now`\n',
    'new.md': '# A new page\n',
    'how-to/index.md': '# How to\n\n## Operate\n\n- [a](zebra.md)\n- [b](apple.md)\n\n## Empty\n',
    'how-to/zebra.md': '# Zebra\n',
    'how-to/apple.md': '# Apple\n',
    'how-to/late.md': '# Late\n',
    'contracts.md': '# Contracts\n',
    'contracts/price.md': '<!-- Generated -->\n# price\n',
  };
  beforeAll(() => {
    for (const [file, text] of Object.entries(pages)) {
      mkdirSync(dirname(join(docs, file)), { recursive: true });
      writeFileSync(join(docs, file), text);
    }
  });
  afterAll(() => rmSync(docs, { recursive: true, force: true }));

  it('has the order of the page of links, and every page besides', () => {
    expect(sidebarOf(docs)['/how-to/']).toEqual([
      { text: 'Operate', items: [{ text: 'Zebra', link: '/how-to/zebra' }, { text: 'Apple', link: '/how-to/apple' }] },
      { text: 'More', items: [{ text: 'Late', link: '/how-to/late' }] },
    ]);
    expect(sidebarOf(docs)['/']).toEqual([
      { text: 'Begin', items: [{ text: 'Start now', link: '/start' }] },
      { text: 'More', items: [{ text: 'Contracts', link: '/contracts' }, { text: 'A new page', link: '/new' }] },
    ]);
  });

  it('lists a folder without such a page', () => {
    expect(sidebarOf(docs)['/contracts/']).toEqual([{ text: 'Contracts', items: [{ text: 'Contracts', link: '/contracts' }, { text: 'price', link: '/contracts/price' }] }]);
  });
});

describe('Markdown', () => {
  it('has the anchors that forges make of headings', () => {
    expect(['O. Outbox', 'Where to find them', 'Gruß & Kuß: `a_b`-c?', '1 Get it, and start'].map(slugOf)).toEqual(['o-outbox', 'where-to-find-them', 'gruß--kuß-a_b-c', '1-get-it-and-start']);
  });

  it('knows a link to a source file from one to a page', () => {
    expect(['../../bench/README.md#reconcile', '../architecture.md', 'x.md', '#here', '/asyncapi.yaml', 'https://example.com/../../..'].map((href) => leavesDocs('adr/0020.md', href))).toEqual([true, false, false, false, false, false]);
  });
});

// How Markdown is read. The same files are read on the forge, so whatever the site would do otherwise is turned round here.
import { posix } from 'node:path';
import type { MarkdownRenderer } from 'vitepress';

/** The anchor of a heading as forges make it, so that one link is right at both places. */
export const slugOf = (heading: string): string => heading.trim().toLowerCase().replaceAll(/[^\p{L}\p{N}\s_-]/gu, '').replaceAll(/\s/g, '-');

/** From a page to what lies outside of docs/: sources, charts, the README. */
export const leavesDocs = (page: string, href: string): boolean => /^[^/#:][^:]*$/.test(href) && posix.normalize(posix.join(posix.dirname(page), href)).startsWith('../');

export function readMarkdown(md: MarkdownRenderer): void {
  const fence = md.renderer.rules.fence;
  // Indented blocks are commands nearly always. As fences they are coloured, can be copied, and Vue looks for no expressions in them.
  md.core.ruler.push('indented-blocks', (state) => {
    for (const token of state.tokens) {
      if (token.type !== 'code_block' || fence === undefined) continue;
      token.type = 'fence';
      token.info = 'sh';
    }
  });
  // The site has no page for a source file: what a link to it says is shown, without a link. A spec looks whether the file is there.
  md.core.ruler.push('links-to-sources', (state) => {
    const page = (state.env as { relativePath?: string }).relativePath ?? '';
    for (const { children } of state.tokens) {
      if (children === null) continue;
      let outside = false;
      const kept = children.filter((token) => {
        if (token.type === 'link_open') outside = leavesDocs(page, String(token.attrGet('href')));
        const dropped = outside && token.type.startsWith('link_');
        if (token.type === 'link_close') outside = false;
        return !dropped;
      });
      children.splice(0, children.length, ...kept);
    }
  });
}

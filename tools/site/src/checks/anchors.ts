// Links of the built site: VitePress looks whether a page is there, not whether it has the place that a link names.
import { globSync, readFileSync } from 'node:fs';
import { join, posix } from 'node:path';

export interface Page {
  /** Below the site's root, such as `how-to/operate.html`. */
  readonly path: string;
  readonly html: string;
}

export const pagesIn = (folder: string): readonly Page[] => globSync('**/*.html', { cwd: folder }).toSorted().map((path) => ({ path, html: readFileSync(join(folder, path), 'utf8') }));

/** `page → href` of each link whose page, file or anchor is not there. `files` are those that are no pages. */
export function deadLinks(pages: readonly Page[], files: ReadonlySet<string>, base = '/'): readonly string[] {
  const ids = new Map(pages.map(({ path, html }) => [path, new Set([...html.matchAll(/\sid="([^"]+)"/g)].map(([, id]) => id ?? ''))]));
  return pages.flatMap(({ path, html }) => {
    const hrefs = new Set([...html.matchAll(/<a\s[^>]*?href="([^"]*)"/g)].map(([, href]) => (href ?? '').replaceAll('&amp;', '&')));
    return [...hrefs].filter((href) => !leadsSomewhere(href, path, ids, files, base)).map((href) => `${path} → ${href}`);
  });
}

function leadsSomewhere(href: string, from: string, ids: ReadonlyMap<string, ReadonlySet<string>>, files: ReadonlySet<string>, base: string): boolean {
  if (/^[a-z]+:/.test(href)) return true;
  const [place = '', anchor = ''] = href.split('#').map(decodeURIComponent);
  const target = place === '' ? from : place.startsWith('/') ? posix.relative(base, place) + (place.endsWith('/') ? '/' : '') : posix.join(posix.dirname(from), place);
  const page = ['', 'index.html', '.html', '/index.html'].map((end) => posix.normalize(`./${target}${end}`)).find((candidate) => ids.has(candidate));
  if (page === undefined) return files.has(target);
  return anchor === '' || ids.get(page)?.has(anchor) === true;
}

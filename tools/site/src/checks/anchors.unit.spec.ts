import { deadLinks } from './anchors';

const pages = [
  { path: 'index.html', html: '<h2 id="begin">Begin</h2><a class="x" href="/start.html#first">a</a><a href="#begin">b</a><a href="/asyncapi.yaml">c</a><a href="https://elsewhere.example/x">d</a><a href="/how-to/">e</a>' },
  { path: 'start.html', html: '<h2 id="first">First</h2><a href="./how-to/index.html">a</a><a href="/how-to/#gr%C3%B6%C3%9Fe">b</a>' },
  { path: 'how-to/index.html', html: '<h2 id="größe">Größe</h2><a href="../start.html">a</a>' },
];

describe('links of the built site', () => {
  it('lead to pages, files and places', () => {
    expect(deadLinks(pages, new Set(['asyncapi.yaml']))).toEqual([]);
  });

  it.each(['/gone.html', '/start.html#second', '#gone', '/gone.yaml', '../start.html'])('may not lead to %s from the first page', (href) => {
    expect(deadLinks([...pages, { path: 'more.html', html: `<a href="${href}">x</a>` }], new Set(['asyncapi.yaml']))).toEqual([`more.html → ${href}`]);
  });

  it('are looked for below the base of the site', () => {
    const based = pages.map(({ path, html }) => ({ path, html: html.replaceAll('href="/', 'href="/steward/') }));
    expect(deadLinks(based, new Set(['asyncapi.yaml']), '/steward/')).toEqual([]);
    expect(deadLinks(pages, new Set(['asyncapi.yaml']), '/steward/')).not.toEqual([]);
  });
});

// Builds the site of docs/: what is made from the code, a look at everything that the documentation names, the pages, a look at every link
// of them. `--base /path/` for a site that does not lie at the root of its host.
import { globSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { parseArgs } from 'node:util';
import { deadLinks, pagesIn } from './checks/anchors';
import { faultsIn } from './checks/faults';
import { worldOf } from './checks/world';
import { operationsApi, storefrontApi } from './reference/apis';
import { generatedPages } from './reference/pages';
import { docs, repository } from './repository';

const site = join(docs, '.vitepress', 'dist');

/** @returns the exit code: 0 fine, 1 something that the documentation names is not there */
async function main(): Promise<number> {
  const { values } = parseArgs({ options: { base: { type: 'string', default: '/' } } });
  const apis = { storefront: storefrontApi(), operations: operationsApi() };
  for (const folder of ['reference', 'public']) rmSync(join(docs, folder), { recursive: true, force: true });
  for (const [file, text] of generatedPages(apis)) {
    mkdirSync(dirname(join(docs, file)), { recursive: true });
    writeFileSync(join(docs, file), text);
  }
  const faults = faultsIn(worldOf(repository, Object.values(apis)));
  if (faults.length > 0) return say(faults);
  // VitePress takes a link for one to a page unless it knows the ending.
  process.env['VITE_EXTRA_EXTENSIONS'] = 'graphql';
  const { build } = await import('vitepress');
  await build(docs, { base: values.base });
  const pages = pagesIn(site);
  const dead = deadLinks(pages, new Set(globSync('**/*.*', { cwd: site })), values.base);
  process.stdout.write(`${pages.length} pages in docs/.vitepress/dist\n`);
  return say(dead.map((link) => `a link that leads nowhere: ${link}`));
}

function say(faults: readonly string[]): number {
  process.stderr.write(faults.map((fault) => `${fault}\n`).join(''));
  return faults.length === 0 ? 0 : 1;
}

void main().then(
  // Loaded apps have timers of their own.
  (code) => process.exit(code),
  (error: unknown) => {
    process.stderr.write(`${error instanceof Error ? (error.stack ?? error.message) : String(error)}\n`);
    process.exit(1);
  },
);

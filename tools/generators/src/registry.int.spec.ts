/** What is generated from folders says what the folders say. */
import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { FsTree } from 'nx/src/generators/tree';
import { renderRegistry, vendorsOf } from './registry';

const root = join(__dirname, '../../..');
const tree = new FsTree(root, false);
const systems = readdirSync(join(root, 'apps')).filter((system) => tree.exists(`apps/${system}/src/${system}.adapter.ts`));

describe('connectors', () => {
  it.each(systems)('of %s are all in its registry, and nothing else', (system) => {
    expect(tree.read(`apps/${system}/src/vendors.ts`, 'utf8')).toBe(renderRegistry(vendorsOf(tree, system)));
  });

  it('have a sheet in docs/vendors.md each, and nobody else has (npm run test:vendors)', () => {
    const sheets = [...readFileSync(join(root, 'docs/vendors.md'), 'utf8').matchAll(/^## (.+)$/gm)].map(([, title]) => title);
    const judged = (system: string, vendor: string): boolean => tree.exists(`apps/${system}/src/${vendor}/${vendor}.contract.spec.ts`);
    expect(sheets).toEqual(systems.flatMap((system) => vendorsOf(tree, system).filter((vendor) => judged(system, vendor)).map((vendor) => `${system}: ${vendor}`)).toSorted());
  });
});

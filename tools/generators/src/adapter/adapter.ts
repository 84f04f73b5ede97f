import { join } from 'node:path';
import { generateFiles, type Tree, updateJson } from '@nx/devkit';
import { contracts } from '@steward/contracts';
import vendorGenerator from '../vendor/vendor';

interface AdapterOptions {
  readonly system: string;
  readonly vendor: string;
}

const templates = join(__dirname, '../../src/adapter/files');

/** The service of a system that a contract already names, with its first vendor. */
export default function adapterGenerator(tree: Tree, { system, vendor }: AdapterOptions): () => void {
  const folder = `apps/${system}`;
  if (tree.exists(folder)) throw new Error(`${folder} exists: nx g @steward/tools:vendor ${system} ${vendor} adds a vendor`);
  const owned = contracts.filter(({ systems }) => systems.includes(system)).map(({ entity }) => entity);
  if (owned.length === 0) throw new Error(`no contract names ${system} in its systems: docs/how-to/change-a-contract.md comes first`);
  generateFiles(tree, templates, folder, { system });
  const told = vendorGenerator(tree, { system, vendor });
  updateJson<{ references: { path: string }[] }>(tree, 'tsconfig.json', (config) => ({ ...config, references: [...config.references, { path: folder }] }));
  return told;
}

import { join } from 'node:path';
import { generateFiles, names, output, type Tree } from '@nx/devkit';
import { contracts } from '@steward/contracts';
import { writeRegistry } from '../registry';
import { starters } from './starters';

interface VendorOptions {
  readonly system: string;
  readonly vendor: string;
  readonly entity?: string;
}

const templates = join(__dirname, '../../src/vendor/files');

/** A folder with a connector that works against the system of its own profile, and the registry of the adapter. */
export default function vendorGenerator(tree: Tree, { system, vendor, entity }: VendorOptions): () => void {
  const folder = `apps/${system}/src/${vendor}`;
  if (!tree.exists(`apps/${system}/src/${system}.adapter.ts`)) throw new Error(`there is no adapter ${system}: docs/how-to/add-an-adapter.md makes one`);
  if (tree.exists(folder)) throw new Error(`${folder} exists`);
  const { constantName, className, propertyName } = names(vendor);
  generateFiles(tree, templates, folder, { system, vendor, variable: `STEWARD_${constantName}`, className, propertyName, ...starterOf(system, entity) });
  writeRegistry(tree, system);
  return () => output.note({ title: `${folder} works against the system of its own profile`, bodyLines: [`npm run test:vendors -- ${folder}   proves it and writes its sheet`, 'docs/how-to/add-a-vendor.md    goes on from there: fill the blanks'] });
}

/** What the system owns and a starter is there for. */
function starterOf(system: string, wanted: string | undefined) {
  const owned = contracts.filter(({ systems, entity }) => systems.includes(system) && starters[entity] !== undefined).map(({ entity }) => entity);
  const entity = wanted ?? Object.keys(starters).find((each) => owned.includes(each));
  if (entity === undefined || !owned.includes(entity)) throw new Error(`${system} owns no ${entity ?? 'entity that has a starter'}: one of ${owned.join(', ') || 'none'} (contracts/*/contract.yaml, tools/generators/src/vendor/starters.ts)`);
  return { entity, ...(starters[entity] as (typeof starters)[string]) };
}

/** Generates into a copy of the workspace, and runs there what was generated. */
import { execFile } from 'node:child_process';
import { cpSync, mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { contracts } from '@steward/contracts';
import { flushChanges, FsTree } from 'nx/src/generators/tree';
import adapterGenerator from './adapter/adapter';
import { starters } from './vendor/starters';
import vendorGenerator from './vendor/vendor';

const root = join(__dirname, '../../..');
/** Copied, because they are written to or find files from where they are; everything else is a link. */
const copied = ['apps/pim', 'apps/erp', 'apps/pricing', 'libs/conformance'];

/** States that no vendor tells of: a service of ours is their system of record. */
const decidedByUs = ['stock-reservation', 'reserved-stock', 'order', 'payment', 'fulfilment', 'order-return'];

function copyWorkspace(): string {
  const copy = mkdtempSync(join(tmpdir(), 'steward-generators-'));
  for (const name of readdirSync(root).filter((each) => !['apps', 'libs', 'docs', '.git', '.nx', '.steward'].includes(each))) symlinkSync(join(root, name), join(copy, name));
  rmSync(join(copy, 'tsconfig.json'));
  cpSync(join(root, 'tsconfig.json'), join(copy, 'tsconfig.json'));
  for (const group of ['apps', 'libs']) {
    mkdirSync(join(copy, group));
    for (const name of readdirSync(join(root, group))) {
      const path = `${group}/${name}`;
      if (copied.includes(path)) cpSync(join(root, path), join(copy, path), { recursive: true, filter: (from) => !/\/(dist|node_modules)$/.test(from) });
      else symlinkSync(join(root, path), join(copy, path));
    }
  }
  mkdirSync(join(copy, 'docs'));
  return copy;
}

describe('the generators', () => {
  let workspace: string;
  let tree: FsTree;

  beforeEach(() => {
    workspace = copyWorkspace();
    tree = new FsTree(workspace, false);
  });
  afterEach(() => rmSync(workspace, { recursive: true, force: true }));

  const changed = (): string[] => tree.listChanges().map(({ path }) => path).toSorted();
  const flush = (): void => flushChanges(workspace, tree.listChanges());
  function run(args: readonly string[], env: Readonly<Record<string, string>> = {}): Promise<{ code: number; said: string }> {
    return new Promise((resolve) => {
      const options = { cwd: workspace, env: { ...process.env, ...env }, maxBuffer: 10_000_000 };
      execFile(process.execPath, args, options, (fault, stdout, stderr) => resolve({ code: fault ? Number(fault.code) : 0, said: `${stdout}${stderr}` }));
    });
  }
  async function typeCheck(...folders: readonly string[]): Promise<string> {
    writeFileSync(join(workspace, 'tsconfig.generated.json'), JSON.stringify({ extends: './tsconfig.spec.json', include: folders }));
    return (await run(['node_modules/typescript/bin/tsc', '-p', 'tsconfig.generated.json'])).said;
  }

  it('make a vendor that is sound as it is, and touch nothing but its folder and the registry', async () => {
    vendorGenerator(tree, { system: 'erp', vendor: 'acme-wms' });
    expect(changed()).toEqual([
      ...['acme-wms.client.ts', 'acme-wms.connector.ts', 'acme-wms.contract.spec.ts', 'acme-wms.fixture.spec.ts', 'acme-wms.profile.fixture.spec.ts', 'acme-wms.wire.ts', 'translate.ts', 'translate.unit.spec.ts'].map((file) => `apps/erp/src/acme-wms/${file}`),
      'apps/erp/src/vendors.ts',
    ]);
    flush();
    const { code, said } = await run(['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', 'apps/erp/src/acme-wms'], { WRITE_SHEETS: '1' });
    expect({ code, said }).toEqual({ code: 0, said: expect.stringContaining('15 passed, 0 failed, 0 can’t, 2 n/a') as string });
    expect(readFileSync(join(workspace, 'docs/vendors.md'), 'utf8')).toContain('## erp: acme-wms\n\n15 passed');
  }, 120_000);

  it('know every entity that is read from a foreign system, and an adapter’s own folder', async () => {
    for (const app of ['pricing', 'crm']) {
      rmSync(join(workspace, 'apps', app), { recursive: true, force: true });
      adapterGenerator(tree, { system: app, vendor: 'first' });
    }
    for (const [system, entity] of [['pim', 'product'], ['pim', 'category'], ['pricing', 'promotion'], ['erp', 'shipment'], ['crm', 'segment']] as const) vendorGenerator(tree, { system, vendor: `acme-${entity}`, entity });
    vendorGenerator(tree, { system: 'erp', vendor: 'acme' });
    expect(Object.keys(starters).toSorted()).toEqual(contracts.filter(({ kind, entity, told }) => kind === 'state' && !told && !decidedByUs.includes(entity)).map(({ entity }) => entity).toSorted());
    expect(changed()).toContain('tsconfig.json');
    flush();
    expect(await typeCheck('apps/pricing/src', 'apps/pim/src', 'apps/erp/src', 'apps/crm/src')).toBe('');
    const units = await run(['--experimental-vm-modules', 'node_modules/jest/bin/jest.js', 'src/(acme|acme-[a-z]+|first)/translate.unit']);
    expect({ ...units }).toEqual({ code: 0, said: expect.stringContaining('Tests:       16 passed, 16 total') as string });
  }, 120_000);

  it('refuse what does not fit, in one line that says what would', () => {
    const refusal = (work: () => unknown): string => {
      try {
        work();
        return '';
      } catch (error) {
        return (error as Error).message;
      }
    };
    expect(refusal(() => vendorGenerator(tree, { system: 'nobody', vendor: 'acme' }))).toBe('there is no adapter nobody: docs/how-to/add-an-adapter.md makes one');
    expect(refusal(() => vendorGenerator(tree, { system: 'erp', vendor: 'tryton' }))).toBe('apps/erp/src/tryton exists');
    expect(refusal(() => vendorGenerator(tree, { system: 'erp', vendor: 'acme', entity: 'price' }))).toContain('erp owns no price: one of shipment, stock-level');
    expect(refusal(() => adapterGenerator(tree, { system: 'erp', vendor: 'acme' }))).toContain('apps/erp exists: nx g @steward/tools:vendor erp acme');
    expect(refusal(() => adapterGenerator(tree, { system: 'nobody', vendor: 'acme' }))).toContain('no contract names nobody in its systems');
    expect(changed()).toEqual([]);
  });
});

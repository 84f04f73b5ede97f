import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { appSections } from './app-sections';
import { commonSections, renderEnvExample } from './env-example';

const root = join(__dirname, '..', '..', '..', '..');
const regenerate = 'run `node libs/platform/dist/documents/main.js` after a build';

describe('.env.example', () => {
  const apps = appSections(root, 'src');
  const file = readFileSync(join(root, '.env.example'), 'utf8');

  it('is what the shapes of platform, apps and connectors say', () => {
    expect(file === renderEnvExample([...commonSections, ...apps]) ? 'the same' : regenerate).toBe('the same');
  });

  it('has the variables of every app that has any, each once', () => {
    expect(apps.map(({ title }) => title)).toEqual(expect.arrayContaining(['gateway', 'operations', 'sandbox', 'erp, connector tryton']));
    const names = [...file.matchAll(/^#?([A-Z][A-Z0-9_]+)=/gm)].map(([, name]) => name);
    expect(names.length).toBe(new Set(names).size);
  });

  it('shows no secret as if it were a good one', () => {
    expect([...file.matchAll(/^#?\w*(?:TOKEN|SECRET|PASSWORD)\w*=(.+)$/gm)].map(([line]) => line)).toEqual([]);
  });
});

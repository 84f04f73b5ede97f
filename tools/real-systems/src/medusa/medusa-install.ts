/** Medusa from npm, once per version, and a project that uses it: Medusa is not a program to start but a framework to build one with. */
import { cpSync, mkdirSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { type FromNpm, installFromNpm, whyNotFromNpm } from '../npm-install';

const version = '2.21.2';
const dependencies = { '@medusajs/medusa': version, '@medusajs/cli': version, '@medusajs/framework': version };
const medusa: FromNpm = { name: 'medusa', version, manifest: { name: 'medusa-of-steward', private: true, dependencies } };

const plugin = join(__dirname, '../../../../apps/oms/medusa-plugin');

/** As docs/how-to/connect-medusa.md tells its users to write it. */
const config = `const { defineConfig } = require('@medusajs/framework/utils');
const { orderNumber } = require('medusa-plugin-steward/order-number');

module.exports = defineConfig({
  projectConfig: {
    databaseUrl: process.env.DATABASE_URL,
    databaseDriverOptions: { ssl: false, connection: { ssl: false } },
    http: { storeCors: process.env.MEDUSA_URL, adminCors: process.env.MEDUSA_URL, authCors: process.env.MEDUSA_URL, jwtSecret: process.env.JWT_SECRET, cookieSecret: process.env.COOKIE_SECRET },
  },
  admin: { disable: true },
  plugins: ['medusa-plugin-steward'],
  modules: [{ resolve: '@medusajs/medusa/order', options: { generateCustomDisplayId: orderNumber } }],
});
`;

export const whyNot = (): string | undefined => whyNotFromNpm(medusa);

/** Makes a project with our plugin in it; installs Medusa where needed (two to three minutes, 680 MB). Answers the script of its command line. */
export function makeProject(project: string, say: (line: string) => void): string {
  const installed = join(installFromNpm(medusa, say), 'node_modules');
  const own = join(project, 'node_modules');
  mkdirSync(own, { recursive: true });
  // The plugin asks for Medusa from where it lies, so it lies beside it, as npm would have put it; the cache stays as it was installed.
  for (const name of readdirSync(installed).filter((each) => !each.startsWith('.'))) symlinkSync(join(installed, name), join(own, name));
  cpSync(plugin, join(own, 'medusa-plugin-steward'), { recursive: true });
  writeFileSync(join(project, 'package.json'), JSON.stringify({ name: 'shop', private: true, dependencies }));
  writeFileSync(join(project, 'medusa-config.js'), config);
  return join(own, '@medusajs/cli/cli.js');
}

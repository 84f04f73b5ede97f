// The configuration is code like any other, in tools/site/src/site/config.ts. VitePress bundles this file as a module of its own, so what
// was built is required and not imported.
import { createRequire } from 'node:module';

export default createRequire(import.meta.url)('../../tools/site/dist/site/config.js').config;

// Writes the pages that are generated from code: docs/errors.md and .env.example. Run after a build.
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { appSections } from './app-sections';
import { commonSections, renderEnvExample } from './env-example';
import { renderErrors } from './error-document';

const root = join(__dirname, '..', '..', '..', '..');
writeFileSync(join(root, 'docs', 'errors.md'), renderErrors());
writeFileSync(join(root, '.env.example'), renderEnvExample([...commonSections, ...appSections(root, 'dist')]));

import { createRequire } from 'node:module';
import { join } from 'node:path';

export const repository = join(__dirname, '..', '..', '..');
export const docs = join(repository, 'docs');

/** Specs run from sources, the command from what was built. */
const tree = __filename.endsWith('.ts') ? 'src' : 'dist';
const load = createRequire(__filename);

/** What an app exports. Apps are found by path and not imported: nobody may depend on one. */
export const exportsOf = (app: string, file: string): Readonly<Record<string, unknown>> => load(join(repository, 'apps', app, tree, file)) as Record<string, unknown>;

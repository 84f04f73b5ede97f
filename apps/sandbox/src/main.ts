import { runMain } from '@steward/platform';
import { sandboxShape } from './env';
import { createSandbox } from './sandbox';

runMain('sandbox', sandboxShape, (env) => createSandbox(env));

// Loaded before a service (`node --require`): its statements append nothing to the digests. A switch in the product would be one that
// somebody uses.
import { createRequire } from 'node:module';
import { dirname, join } from 'node:path';

const load = createRequire(__filename);
const kept = load(join(dirname(load.resolve('@steward/event-bus')), 'digest', 'kept.js')) as { keepDigest: () => string };
// Its name stays in the statements' WITH; what nobody selects from is not run.
kept.keepDigest = () => 'select 1';

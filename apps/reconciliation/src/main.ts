import '@steward/platform/telemetry';
import { releaseOf } from '@steward/event-bus';
import { runMain } from '@steward/platform';
import { migrations } from './database/migrations';
import { reconciliationEnv } from './reconciliation.env';
import { createReconciliation } from './reconciliation.service';

runMain('reconciliation', reconciliationEnv, createReconciliation, () => releaseOf({ service: 'reconciliation', process: 'reconciliation', migrations }));

import '@steward/platform/telemetry';
import { runMain } from '@steward/platform';
import { reconciliationEnv } from './reconciliation.env';
import { createReconciliation } from './reconciliation.service';

runMain('reconciliation', reconciliationEnv, createReconciliation);

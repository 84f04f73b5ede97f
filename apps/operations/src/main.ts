import '@steward/platform/telemetry';
import { runMain } from '@steward/platform';
import { operationsEnv } from './operations.env';
import { createOperations } from './operations.service';

runMain('operations', operationsEnv, createOperations);

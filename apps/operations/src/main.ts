import '@steward/platform/telemetry';
import { releaseOf } from '@steward/event-bus';
import { runMain } from '@steward/platform';
import { operationsEnv } from './operations.env';
import { createOperations, operationsMigrations } from './operations.service';

runMain('operations', operationsEnv, createOperations, () => releaseOf({ service: 'operations', process: 'operations', migrations: operationsMigrations }));

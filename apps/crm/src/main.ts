import '@steward/platform/telemetry';
import { runAdapter } from '@steward/adapter-kit';
import { crm } from './crm.adapter';

runAdapter(crm);

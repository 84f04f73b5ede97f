import '@steward/platform/telemetry';
import { runAdapter } from '@steward/adapter-kit';
import { erp } from './erp.adapter';

runAdapter(erp);

import '@steward/platform/telemetry';
import { runAdapter } from '@steward/adapter-kit';
import { oms } from './oms.adapter';

runAdapter(oms);

import '@steward/platform/telemetry';
import { runAdapter } from '@steward/adapter-kit';
import { pim } from './pim.adapter';

runAdapter(pim);

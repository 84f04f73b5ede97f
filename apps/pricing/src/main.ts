import '@steward/platform/telemetry';
import { runAdapter } from '@steward/adapter-kit';
import { pricing } from './pricing.adapter';

runAdapter(pricing);

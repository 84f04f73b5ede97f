import { type HeartbeatOptions, releaseOf } from '@steward/event-bus';
import { migrations } from './database/migrations';

/** What both programs of the gateway say of themselves: they are one build, and both have to run. */
export const gatewayRelease = (process: 'gateway-projector' | 'gateway-api'): Pick<HeartbeatOptions, 'service' | 'process' | 'processes' | 'migrations'> => ({
  service: 'gateway', process, processes: ['gateway-api', 'gateway-projector'], migrations,
});

export const describeGateway = (): object => releaseOf(gatewayRelease('gateway-api'));
